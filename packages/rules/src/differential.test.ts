import { CelScalar, celEnv, celFunc, celMethod, isCelError, listType, parse, plan, run } from "@bufbuild/cel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attributes, compileRule } from "./index.ts";
import { randomAttributes, randomNow, randomRule, randomTypes } from "./random-rules.ts";

const { DOUBLE, STRING, DYN } = CelScalar;
const texts = listType(STRING);

// Our one number type is a double, so what gives an int in CEL gives a double here; the rest is CEL's own.
const environment = celEnv({
  funcs: [
    celFunc("size", [STRING], DOUBLE, (text) => [...text].length),
    celFunc("size", [listType(DYN)], DOUBLE, (list) => list.size),
    celFunc("int", [STRING], DOUBLE, (text) => {
      if (!/^\d+$/.test(text)) throw new Error("not an integer");
      return Number(text);
    }),
    celFunc("min", [DOUBLE, DOUBLE], DOUBLE, Math.min),
    celFunc("max", [DOUBLE, DOUBLE], DOUBLE, Math.max),
    celMethod("shared", texts, [texts], DOUBLE, function (other) {
      const wanted = new Set(other);
      return [...new Set(this)].filter((text) => wanted.has(text)).length;
    }),
  ],
});

/** A timestamp as the other implementation has it. */
function timestampOf(epochMs: number) {
  return run(`timestamp("${new Date(epochMs).toISOString()}")`);
}

function bindingOf({ t, ...others }: Attributes) {
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  if (t !== undefined) given.push(["t", timestampOf(t as number) as never]);
  return new Map(given) as never;
}

/** The other implementation orders text by UTF-16 code unit, so none here is above U+FFFF. */
function withinTwoBytes<T>(given: T): T {
  return JSON.parse(JSON.stringify(given).replaceAll("\u{1f600}", "z")) as T;
}

describe("a rule", () => {
  it("is true, false and unknown where another implementation of CEL is true, false and an error", () => {
    const outcomes = new Map<boolean | undefined, number>();
    fc.assert(
      fc.property(
        // Division by zero is the one operator that is meant to differ.
        randomRule.filter((source) => !source.includes("/")).map(withinTwoBytes),
        randomAttributes.map(withinTwoBytes),
        randomAttributes.map(withinTwoBytes),
        (source, supply, demand) => {
          const compiled = compileRule({ source, supply: randomTypes, demand: randomTypes });
          if (!compiled.ok) throw new Error(JSON.stringify(compiled.mistakes));
          const bindings = {
            supply: bindingOf(supply),
            demand: bindingOf(demand),
            now: timestampOf(randomNow),
          };
          const theirs = plan(environment, parse(source))(bindings as never);
          const ours = compiled.rule.test({ supply, demand, now: randomNow });
          const shown = `${source} on ${JSON.stringify({ supply, demand })}`;
          expect(ours, shown).toBe(isCelError(theirs) ? undefined : theirs);
          outcomes.set(ours, (outcomes.get(ours) ?? 0) + 1);
        },
      ),
      { numRuns: 3_000, seed: 17 },
    );
    for (const outcome of [true, false, undefined]) expect(outcomes.get(outcome)).toBeGreaterThan(300);
  });
});
