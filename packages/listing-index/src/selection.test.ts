import { type Attributes, type Columns, predicateOver } from "@marketmesh/rules";
import { randomAttributes, randomResidual, randomTypes } from "@marketmesh/rules/random-rules";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ListingIndex } from "./index.ts";

const rows = fc.array(randomAttributes, { minLength: 1, maxLength: 70 });

// Far apart, sets of ordinals are arrays; close together, bitmaps.
const stride = fc.constantFrom(1, 200);

/** An index that held `before`, then `now`: whatever the first left behind must not be found. */
function indexOf(before: readonly Attributes[], now: readonly Attributes[], apart: number): ListingIndex {
  const index = new ListingIndex(randomTypes, { kind: "item", epoch: 1 });
  for (const [version, listings] of [before, now].entries()) {
    for (const [at, attributes] of listings.entries()) {
      const audience = { owner: "o", audience: "PUBLIC", audienceParties: [] } as const;
      index.apply({ ordinal: at * apart, id: `${at}`, version, active: true, attributes, ...audience });
    }
  }
  return index;
}

describe("a selection", () => {
  it("is where the residual is true, whatever its form", () => {
    fc.assert(
      fc.property(rows, rows, stride, randomResidual, (before, now, apart, residual) => {
        const held = [...now, ...before.slice(now.length)];
        const columns: Columns = { accessor: (attribute) => (row) => held[row]?.[attribute] };
        const matches = predicateOver(residual, columns);
        const expected = [...held.keys()].filter((row) => matches(row) === true).map((row) => row * apart);
        expect([...indexOf(before, now, apart).select(residual)]).toEqual(expected);
      }),
      { numRuns: 2_000, seed: 13 },
    );
  });

  it("reads row by row what it would read from plain values", () => {
    fc.assert(
      fc.property(rows, rows, stride, randomResidual, (before, now, apart, residual) => {
        const held = [...now, ...before.slice(now.length)];
        const plain = predicateOver(residual, { accessor: (attribute) => (row) => held[row]?.[attribute] });
        const indexed = predicateOver(residual, indexOf(before, now, apart));
        for (const row of held.keys()) expect(indexed(row * apart)).toBe(plain(row));
      }),
      { numRuns: 500, seed: 13 },
    );
  });
});
