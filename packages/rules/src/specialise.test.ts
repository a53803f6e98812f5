import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Attributes,
  type Columns,
  compileNumber,
  compileRule,
  numberOver,
  predicateOver,
  specialise,
  specialiseNumber,
} from "./index.ts";
import { randomAttributes, randomNow, randomNumber, randomRule, randomTypes } from "./random-rules.ts";

const types = { supply: randomTypes, demand: randomTypes };

function ruleOf(source: string) {
  const result = compileRule({ source, ...types });
  if (!result.ok) throw new Error(`${source}: ${JSON.stringify(result.mistakes)}`);
  return result.rule;
}

/** Plain rows as columns. */
function columnsOf(rows: readonly Attributes[]): Columns {
  return { accessor: (attribute) => (row) => rows[row]?.[attribute] };
}

describe("a specialised rule", () => {
  it.each(["supply", "demand"] as const)(
    "is true, false and unknown where the rule is, with %s bound",
    (side) => {
      fc.assert(
        fc.property(
          randomRule,
          randomAttributes,
          fc.array(randomAttributes, { minLength: 1, maxLength: 8 }),
          (source, bound, rows) => {
            const rule = ruleOf(source);
            const matches = predicateOver(specialise(rule, side, bound, randomNow), columnsOf(rows));
            for (const [row, attributes] of rows.entries()) {
              const input = { supply: attributes, demand: attributes, [side]: bound, now: randomNow };
              expect(matches(row), `${source} on ${JSON.stringify(input)}`).toBe(rule.test(input));
            }
          },
        ),
        { numRuns: 2_000, seed: 7 },
      );
    },
  );

  it("gives the same number", () => {
    fc.assert(
      fc.property(randomNumber, randomAttributes, randomAttributes, (source, supply, demand) => {
        const compiled = compileNumber({ source, ...types });
        if (!compiled.ok) throw new Error(`${source}: ${JSON.stringify(compiled.mistakes)}`);
        const left = specialiseNumber(compiled.number, "demand", demand, randomNow);
        const expected = compiled.number.evaluate({ supply, demand, now: randomNow });
        expect(numberOver(left, columnsOf([supply]))(0)).toBe(expected);
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });

  const demand: Attributes = { n: 3, s: "a", l: ["a", "b", "a"], t: randomNow };
  it.each([
    ["supply.n <= demand.n", { op: "compare", attribute: "n", by: "<=", value: 3 }],
    ["demand.n + 1 > supply.n", { op: "compare", attribute: "n", by: "<", value: 4 }],
    ["supply.t < now + duration('1s')", { op: "compare", attribute: "t", by: "<", value: randomNow + 1000 }],
    ["supply.b", { op: "oneOf", attribute: "b", values: [true] }],
    ["supply.s in demand.l", { op: "oneOf", attribute: "s", values: ["a", "b"] }],
    ["supply.s == demand.s || supply.s == 'z'", { op: "oneOf", attribute: "s", values: ["a", "z"] }],
    ["demand.s in supply.l", { op: "shares", attribute: "l", values: ["a"], atLeast: 1 }],
    [
      "supply.l.shared(demand.l) >= min(2, size(demand.l))",
      { op: "shares", attribute: "l", values: ["a", "b"], atLeast: 2 },
    ],
    ["supply.l.shared(demand.l) == 2", { op: "shares", attribute: "l", values: ["a", "b"], atLeast: 2 }],
    ["demand.l.all(x, x in supply.l)", { op: "shares", attribute: "l", values: ["a", "b"], atLeast: 2 }],
    ["demand.l.exists(x, x in supply.l)", { op: "shares", attribute: "l", values: ["a", "b"], atLeast: 1 }],
    ["supply.l.exists(x, x in demand.l)", { op: "shares", attribute: "l", values: ["a", "b"], atLeast: 1 }],
    ["has(demand.n) || supply.b", { op: "const", value: true }],
    ["supply.n > demand.m", { op: "const", value: undefined }],
    ["!has(supply.n)", { op: "not", part: { op: "has", attribute: "n" } }],
  ])("brings %s into a form that an index knows", (source, residual) => {
    expect(specialise(ruleOf(source), "demand", demand, randomNow)).toEqual(residual);
  });

  it("turns a comparison around where supply is bound", () => {
    const rule = ruleOf("supply.n <= demand.n");
    expect(specialise(rule, "supply", { n: 1 }, 0)).toEqual({
      op: "compare",
      attribute: "n",
      by: ">=",
      value: 1,
    });
  });
});
