import fc from "fast-check";
import { expect, test } from "vitest";
import { packStatistics, rarityMillionths, unpackStatistics } from "./statistics.ts";

test("packs to the same columns whatever order tokens were counted in", () => {
  const counts = fc.uniqueArray(fc.tuple(fc.string(), fc.integer({ min: 1, max: 1e6 })), {
    selector: ([token]) => token,
  });
  fc.assert(
    fc.property(counts, (entries) => {
      const packed = packStatistics({ documents: 1e6, frequencies: new Map(entries) });
      expect(packStatistics({ documents: 1e6, frequencies: new Map(entries.toReversed()) })).toEqual(packed);
      expect(unpackStatistics(structuredClone(packed)).frequencies).toEqual(new Map(entries));
    }),
  );
});

test("weighs by the logarithm of N over df", () => {
  const counted = {
    documents: 50_000,
    frequencies: new Map([
      ["sql", 50],
      ["mail", 50_000],
      ["odd", 60_000],
    ]),
  };
  expect(rarityMillionths(counted, "sql")).toBe(6_907_755);
  expect(rarityMillionths(counted, "never seen")).toBe(10_819_778);
  expect(rarityMillionths(counted, "mail")).toBe(0);
  expect(rarityMillionths(counted, "odd")).toBe(0);
});
