import { expect, test } from "vitest";
import { sourceOf } from "./export-listings.ts";

test("a kind alone is exported from the primary, everything from wherever it is", () => {
  expect(sourceOf("markets/berlin/kinds/candidate")).toBe("PRIMARY");
  expect(sourceOf("")).toBe("REPLICA_ELSE_PRIMARY");
});
