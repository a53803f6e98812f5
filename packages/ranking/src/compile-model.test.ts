import { describe, expect, test } from "vitest";
import { FEATURES_MAX, type ModelProblemCode, validateModel } from "./compile-model.ts";
import type { Feature } from "./model.ts";
import { model, sameCity, skillOverlap, skills, types, yearsOver } from "./testing/labor.ts";

test("accepts a model that is right", () => {
  expect(validateModel(model(skillOverlap, yearsOver, sameCity), types)).toEqual([]);
});

function overlapOf(change: Partial<typeof skills>): Feature {
  return { ...skillOverlap, source: { overlap: { ...skills, ...change } } };
}

const refusals: [ModelProblemCode, string, Feature][] = [
  ["ID_INVALID", "features[1].id", { ...sameCity, id: "Same City" }],
  ["ID_REPEATED", "features[1].id", { ...sameCity, id: "skill_overlap" }],
  ["WEIGHT_INVALID", "features[1].weightMillionths", { ...sameCity, weightMillionths: 0.5 }],
  ["WEIGHT_INVALID", "features[1].weightMillionths", { ...sameCity, weightMillionths: 1_000_000_001 }],
  ["BOUNDS_INVALID", "features[1].maxMillionths", { ...sameCity, maxMillionths: Number.POSITIVE_INFINITY }],
  ["BOUNDS_INVALID", "features[1].missingMillionths", { ...sameCity, missingMillionths: Number.NaN }],
  ["BOUNDS_INVALID", "features[1].minMillionths", { ...sameCity, minMillionths: 2_000_000 }],
  [
    "TYPE_MISMATCH",
    "features[1].overlap.supplyAttribute",
    { ...overlapOf({ supplyAttribute: "years" }), id: "x" },
  ],
  [
    "UNKNOWN_ATTRIBUTE",
    "features[1].overlap.demandAttribute",
    { ...overlapOf({ demandAttribute: "skill" }), id: "x" },
  ],
  [
    "PERSONAL_ATTRIBUTE_IN_RULE",
    "features[1].overlap.supplyAttribute",
    { ...overlapOf({ supplyAttribute: "phones" }), id: "x" },
  ],
];

test.each(refusals)("refuses %s at %s", (code, path, feature) => {
  const problems = validateModel(model(skillOverlap, feature), types);
  expect(problems.map((problem) => [problem.code, problem.path])).toEqual([[code, path]]);
});

describe("expressions", () => {
  function problemsOf(expression: string) {
    return validateModel(model({ ...sameCity, source: { expression } }), types);
  }

  test("name the position of a mistake", () => {
    expect(problemsOf("supply.years +\n  demand.yaers")).toMatchObject([
      { code: "UNKNOWN_ATTRIBUTE", path: "features[0].expression", mistake: { line: 2 } },
    ]);
  });

  test("may not read personal data", () => {
    expect(problemsOf("double(supply.email.size())")).toMatchObject([{ code: "PERSONAL_ATTRIBUTE_IN_RULE" }]);
  });

  test("are numbers", () => {
    expect(problemsOf("supply.city == demand.city")).toMatchObject([{ code: "RESULT_TYPE" }]);
    expect(problemsOf("supply.years -")).toMatchObject([{ code: "SYNTAX" }]);
  });
});

test("reports every problem at once", () => {
  const wrong = { ...sameCity, id: "", weightMillionths: Number.NaN, source: { expression: "1 +" } };
  expect(validateModel(model(wrong, wrong), types).length).toBe(6);
});

test("takes 1 to 64 features", () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ ...sameCity, id: `f${at}` }));
  expect(validateModel(model(...many(FEATURES_MAX)), types)).toEqual([]);
  for (const count of [0, FEATURES_MAX + 1]) {
    expect(validateModel(model(...many(count)), types)).toMatchObject([
      { code: "FEATURE_COUNT", path: "features" },
    ]);
  }
});

test("refuses a model whose score could leave 32 bits", () => {
  const wide = (weightMillionths: number, id = "wide"): Feature => ({
    ...yearsOver,
    id,
    weightMillionths,
    minMillionths: -1_000_000_000,
    maxMillionths: 1_000_000_000,
  });
  expect(validateModel(model(wide(-2_147_483)), types)).toEqual([]);
  expect(validateModel(model(wide(2_147_484)), types)).toMatchObject([
    { code: "SCORE_UNBOUNDED", path: "features" },
  ]);
  expect(validateModel(model(wide(1_500_000, "one"), wide(-1_500_000, "two")), types)).toHaveLength(1);
});

test("knows that a share is at most 1, whatever the bounds", () => {
  const loose: Feature = { ...skillOverlap, weightMillionths: 1e9, maxMillionths: 1e9, minMillionths: -1e9 };
  expect(validateModel(model(loose), types)).toEqual([]);
  expect(validateModel(model({ ...loose, missingMillionths: 3_000_000 }), types)).toHaveLength(1);
});
