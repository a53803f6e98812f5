import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { allocationsSha256 } from "./allocations-hash.ts";

it("hashes the pairs in bytewise order, whatever the order they come in", () => {
  const pairs = [
    { demandId: "b", supplyId: "x", units: 1 },
    { demandId: "B", supplyId: "é", units: 2 },
    { demandId: "b", supplyId: "y", units: 1 },
  ];
  const text = "B\té\t2\nb\tx\t1\nb\ty\t1\n";
  const expected = createHash("sha256").update(text).digest("hex");
  expect(allocationsSha256(pairs)).toBe(expected);
  expect(allocationsSha256(pairs.toReversed())).toBe(expected);
});

it("changes with the units", () => {
  const pair = { demandId: "d", supplyId: "s", units: 1 };
  expect(allocationsSha256([pair])).not.toBe(allocationsSha256([{ ...pair, units: 2 }]));
});
