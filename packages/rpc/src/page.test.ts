import { expect, test } from "vitest";
import { decodePageToken, encodePageToken, pageOf } from "./page.ts";
import { reasonOf } from "./problem.ts";

const rule = { sizeDefault: 50, sizeMax: 200, filter: { parent: "markets/berlin", kind: "job" } };

test("size 0 is the default, a large one is lowered, a negative one refused", () => {
  expect(pageOf({ pageSize: 0, pageToken: "" }, rule)).toEqual({ size: 50, after: undefined });
  expect(pageOf({ pageSize: 200, pageToken: "" }, rule).size).toBe(200);
  expect(pageOf({ pageSize: 201, pageToken: "" }, rule).size).toBe(200);
  expect(() => pageOf({ pageSize: -1, pageToken: "" }, rule)).toThrow();
});

test("a token leads to its cursor, whatever the order of the filter's keys", () => {
  const token = encodePageToken(["x", 5], rule.filter);
  expect(pageOf({ pageSize: 0, pageToken: token }, rule).after).toEqual(["x", 5]);
  expect(decodePageToken(token, { kind: "job", parent: "markets/berlin" })).toEqual(["x", 5]);
});

test.each([
  ["of another filter", encodePageToken(["x"], { parent: "markets/paris", kind: "job" })],
  ["made up", "abc"],
  ["of another form", Buffer.from("[1]").toString("base64url")],
  ["too long", "A".repeat(10_000)],
  ["with a text that no database holds", encodePageToken(["\u0000"], rule.filter)],
  ["with half of a character", encodePageToken(["\ud83d"], rule.filter)],
])("a token %s is refused", (_, token) => {
  let caught: unknown;
  try {
    decodePageToken(token, rule.filter);
  } catch (cause) {
    caught = cause;
  }
  expect(reasonOf(caught)).toBe("PAGE_TOKEN_INVALID");
});
