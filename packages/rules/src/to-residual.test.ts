import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Columns, predicateOver } from "./index.ts";
import { randomAttributes, randomResidual } from "./random-rules.ts";
import { joined } from "./to-residual.ts";

const parts = fc.array(randomResidual, { minLength: 1, maxLength: 4 });

describe("joined", () => {
  it("is the plain conjunction or disjunction, in fewer parts", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("and", "or"),
        parts,
        fc.array(randomAttributes, { maxLength: 6 }),
        (op, given, rows) => {
          const columns: Columns = { accessor: (attribute) => (row) => rows[row]?.[attribute] };
          const plain = predicateOver({ op, parts: given }, columns);
          const short = predicateOver(joined(op, given), columns);
          for (const row of rows.keys()) expect(short(row)).toBe(plain(row));
        },
      ),
      { numRuns: 5_000, seed: 5 },
    );
  });
});
