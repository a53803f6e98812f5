import { expect, test } from "vitest";
import { unsaid } from "./unsaid.ts";

const request = {
  $typeName: "marketmesh.testing.v1.EchoRequest",
  name: "markets/berlin",
  listing: { attributes: { full_name: "Ann Example", tags: ["Bonn"] }, n: 3n, key: new Uint8Array(2) },
};

test("a fault is logged without what its request said, in its message, stack and causes", () => {
  const cause = new Error("no such street for Ann Example", { cause: new TypeError("Bonn is not a number") });
  const logged = JSON.stringify(unsaid(cause, request));
  expect(logged).toContain("no such street for [request]");
  expect(logged).toContain("[request] is not a number");
  expect(logged).toContain("unsaid.test.ts");
  expect(logged).not.toMatch(/Ann Example|Bonn/);
});

test("what is no error, and a request that says nothing, are logged as they are", () => {
  expect(unsaid("odd", { text: "", short: "od" })).toBe("odd");
  expect(unsaid(undefined, undefined)).toBeUndefined();
});
