import type { Attributes } from "@marketmesh/rules";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SCORE_MAX } from "./fixed-point.ts";
import { explain, scorePair } from "./score-pair.ts";
import { compiled, sameCity, skillOverlap, skills, statistics, yearsOver } from "./testing/labor.ts";

const now = Date.UTC(2026, 0, 1);
const weightOf = { sql: 2_302_585, rust: 3_912_023, go: 3_218_876 };

function overlapScore(
  supply: string[] | undefined,
  demand: string[],
  change: Partial<typeof skills> = {},
): number {
  const wide = { minMillionths: -1_000_000_000, maxMillionths: 1_000_000_000 };
  const model = compiled({ ...skillOverlap, ...wide, source: { overlap: { ...skills, ...change } } });
  return scorePair(model, { supply: { skills: supply }, demand: { skills: demand }, now }, statistics);
}

test("shares rare tokens for more than common ones", () => {
  const demand = ["sql", "rust", "mail"];
  expect(overlapScore(["sql"], demand)).toBe(
    Math.floor((1e6 * weightOf.sql) / (weightOf.sql + weightOf.rust)),
  );
  expect(overlapScore(["rust", "go"], demand)).toBe(
    Math.floor((1e6 * weightOf.rust) / (weightOf.sql + weightOf.rust)),
  );
  expect(overlapScore(["mail"], demand)).toBe(0);
  expect(overlapScore(demand, demand)).toBe(1_000_000);
});

test("counts a token that was never counted as the rarest, and a repeated one once", () => {
  expect(overlapScore(["cobol"], ["cobol", "rust"])).toBe(500_000);
  expect(overlapScore(["rust", "rust"], ["rust", "rust", "go"])).toBe(overlapScore(["rust"], ["rust", "go"]));
});

test("normalises by either side, or not at all", () => {
  const all = weightOf.sql + weightOf.rust + weightOf.go;
  expect(overlapScore(["sql", "rust", "go"], ["sql"], { normalisation: "SUPPLY" })).toBe(
    Math.floor((1e6 * weightOf.sql) / all),
  );
  expect(overlapScore(["sql", "go"], ["sql"], { normalisation: "NONE" })).toBe(weightOf.sql);
  expect(
    overlapScore(["sql", "go"], ["go", "sql", "x"], { normalisation: "NONE", weighting: "UNIFORM" }),
  ).toBe(2e6);
});

test("is 0 where there is nothing to share and missing where there is no list", () => {
  expect(overlapScore(["sql"], [])).toBe(0);
  expect(overlapScore(["sql"], ["mail"])).toBe(0);
  const model = compiled({ ...skillOverlap, missingMillionths: 70_000 });
  const pair = { supply: {}, demand: { skills: ["sql"] }, now };
  expect(explain(model, pair, statistics).contributions).toEqual([
    { featureId: "skill_overlap", valueMillionths: 70_000, contributionMillionths: 70_000, missing: true },
  ]);
});

test("clamps values and explains each term", () => {
  const model = compiled(skillOverlap, yearsOver, sameCity);
  const supply = { skills: ["sql", "rust"], years: 30, city: "Berlin" };
  const demand = { skills: ["sql"], years: 2, city: "Berlin" };
  expect(explain(model, { supply, demand, now }, statistics)).toEqual({
    score: 1_000_000 - 500_000 + 333_333,
    contributions: [
      { featureId: "skill_overlap", valueMillionths: 1e6, contributionMillionths: 1e6, missing: false },
      { featureId: "years_over", valueMillionths: 1e7, contributionMillionths: -500_000, missing: false },
      { featureId: "same_city", valueMillionths: 1e6, contributionMillionths: 333_333, missing: false },
    ],
  });
});

test("contributions are integers that sum exactly to a score of 32 bits", () => {
  const model = compiled(skillOverlap, yearsOver, sameCity);
  const token = fc.constantFrom("sql", "rust", "mail", "go", "law", "x", "y");
  const side: fc.Arbitrary<Attributes> = fc.record({
    skills: fc.option(fc.array(token), { nil: undefined }),
    years: fc.option(fc.double(), { nil: undefined }),
    city: fc.option(fc.constantFrom("Berlin", "Kyiv"), { nil: undefined }),
  });
  fc.assert(
    fc.property(side, side, (supply, demand) => {
      const { score, contributions } = explain(model, { supply, demand, now }, statistics);
      const terms = contributions.map((contribution) => contribution.contributionMillionths);
      expect(terms.every(Number.isSafeInteger)).toBe(true);
      expect(terms.reduce((sum, term) => sum + term, 0)).toBe(score);
      expect(Math.abs(score)).toBeLessThanOrEqual(SCORE_MAX);
      expect(scorePair(model, { supply, demand, now }, statistics)).toBe(score);
    }),
  );
});

test("refuses to weigh by rarity without statistics", () => {
  const pair = { supply: { skills: [] }, demand: { skills: [] }, now };
  expect(() => scorePair(compiled(skillOverlap), pair, new Map())).toThrow(
    expect.objectContaining({ reason: "STATISTICS_MISSING" }),
  );
});

test("needs no statistics where a side has no list", () => {
  const pair = { supply: {}, demand: { skills: ["sql"] }, now };
  expect(explain(compiled(skillOverlap), pair, new Map()).contributions[0]).toMatchObject({ missing: true });
});
