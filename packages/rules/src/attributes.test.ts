import { describe, expect, it } from "vitest";
import { attributeTypes, compareText, normaliseAttributes } from "./index.ts";
import { parseDuration, parseTimestamp } from "./time.ts";

const schema = {
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string", "x-personal": true },
    since: { type: "string", format: "date" },
    tags: { type: "array", items: { type: "string" } },
    sizes: { type: "array", items: { type: "integer" } },
    price: { type: "number" },
    open: { type: "boolean" },
  },
};

describe("attributeTypes", () => {
  it("reads types, what is required and what is personal", () => {
    const result = attributeTypes(schema);
    expect(result.ok && [...result.types]).toEqual([
      ["title", { type: "string", required: true, personal: true }],
      ["since", { type: "timestamp", required: false, personal: false }],
      ["tags", { type: "list<string>", required: false, personal: false }],
      ["sizes", { type: "list<number>", required: false, personal: false }],
      ["price", { type: "number", required: false, personal: false }],
      ["open", { type: "boolean", required: false, personal: false }],
    ]);
  });

  it.each([
    [{ type: "object", properties: { a: { type: "object" } } }, "properties.a"],
    [{ type: "object", properties: { a: { type: "array", items: { type: "boolean" } } } }, "properties.a"],
    [{ type: "object", properties: { "a b": { type: "string" } } }, "properties.a b"],
    [{ type: "array" }, ""],
    [null, ""],
  ])("says where %j cannot be indexed", (given, path) => {
    const result = attributeTypes(given);
    expect(!result.ok && result.problems.map((problem) => problem.path)).toEqual([path]);
  });
});

describe("normaliseAttributes", () => {
  const result = attributeTypes(schema);
  if (!result.ok) throw new Error("valid");
  const { types } = result;

  it("turns JSON into values and leaves out what is null or not declared", () => {
    const json = { title: "x", since: "2026-01-02", tags: ["a"], price: null, extra: 1 };
    expect(normaliseAttributes(types, json)).toEqual({
      attributes: { title: "x", since: Date.UTC(2026, 0, 2), tags: ["a"] },
      problems: [],
    });
  });

  it("takes lists of 1,000 items and no more", () => {
    const tags = Array.from({ length: 1_000 }, (_, at) => `${at}`);
    expect(normaliseAttributes(types, { tags }).problems).toEqual([]);
    const [problem] = normaliseAttributes(types, { tags: [...tags, "one more"] }).problems;
    expect(problem).toEqual({ path: "tags", message: "Expected list<string> of at most 1000 items." });
  });

  it("names what has another type", () => {
    const json = { title: 1, since: "yesterday", tags: ["a", 1], sizes: "1", price: "1", open: 0 };
    const { attributes, problems } = normaliseAttributes(types, json);
    expect(attributes).toEqual({});
    expect(problems.map(({ path }) => path)).toEqual(["title", "since", "tags", "sizes", "price", "open"]);
    expect(normaliseAttributes(types, []).problems).toHaveLength(1);
  });
});

describe("time", () => {
  it.each([
    ["2026-02-28T12:00:00Z", Date.UTC(2026, 1, 28, 12)],
    ["2026-02-28T12:00:00.1239+02:30", Date.UTC(2026, 1, 28, 9, 30, 0, 123)],
    ["0001-01-01T00:00:00Z", -62_135_596_800_000],
    ["2026-02-29", undefined],
    ["2026-13-01", undefined],
    ["2026-01-01T24:00:00Z", undefined],
    ["2026-01-01T00:00:00", undefined],
  ])("reads the timestamp %s", (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });

  it.each([
    ["1h30m", 5_400_000],
    ["-1.5s", -1500],
    ["10ms", 10],
    ["0", 0],
    ["1d", undefined],
    ["", undefined],
  ])("reads the duration %s", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe("compareText", () => {
  it("orders as the bytes of UTF-8 do", () => {
    const texts = ["\u{10ffff}", "b", "", "a", "\uffff", "ab", "é", "\u{1f600}", "\ud7ff", "\ue000"];
    const byBytes = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...texts].sort(compareText)).toEqual(byBytes);
  });
});
