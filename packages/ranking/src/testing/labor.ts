import type { AttributeDeclaration, AttributeType, SideTypes } from "@marketmesh/rules";
import { type CompiledModel, compileModel } from "../compile-model.ts";
import type { Feature, Model, Overlap } from "../model.ts";
import { overlapKey, type Statistics } from "../statistics.ts";

function declare(attributes: Record<string, AttributeType>, personal: readonly string[] = []): SideTypes {
  return new Map(
    Object.entries(attributes).map(([name, type]): [string, AttributeDeclaration] => [
      name,
      { type, required: false, personal: personal.includes(name) },
    ]),
  );
}

export const types = {
  supply: declare(
    { skills: "list<string>", years: "number", city: "string", phones: "list<string>", email: "string" },
    ["phones", "email"],
  ),
  demand: declare({ skills: "list<string>", years: "number", city: "string" }),
};

export const skills: Overlap = {
  supplyAttribute: "skills",
  demandAttribute: "skills",
  weighting: "RARITY",
  normalisation: "DEMAND",
};

export const skillOverlap: Feature = {
  id: "skill_overlap",
  weightMillionths: 1_000_000,
  source: { overlap: skills },
  missingMillionths: 0,
  minMillionths: 0,
  maxMillionths: 1_000_000,
};

export const yearsOver: Feature = {
  id: "years_over",
  weightMillionths: -50_000,
  source: { expression: "supply.years - demand.years" },
  missingMillionths: 5_000_000,
  minMillionths: -10_000_000,
  maxMillionths: 10_000_000,
};

export const sameCity: Feature = {
  id: "same_city",
  weightMillionths: 333_333,
  source: { expression: "supply.city == demand.city ? 1.0 : 0.0" },
  missingMillionths: 500_000,
  minMillionths: 0,
  maxMillionths: 1_000_000,
};

export function model(...features: Feature[]): Model {
  return { perspective: "DEMAND", features };
}

export function compiled(...features: Feature[]): CompiledModel {
  const result = compileModel(model(...features), types);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.model;
}

/** 50 listings: `sql` in 5 of them, `rust` in 1, `mail` in all. */
export const statistics: Statistics = new Map([
  [
    overlapKey(skills),
    {
      documents: 50,
      frequencies: new Map([
        ["sql", 5],
        ["rust", 1],
        ["mail", 50],
        ["go", 2],
        ["law", 20],
      ]),
    },
  ],
]);
