import type { AllocationTools, Objective, Strategy } from "@marketmesh/allocation-engine";
import { enginePlan, type MarketPlan } from "@marketmesh/simulator";
import type { Fields } from "./document.ts";
import { type PlanFile, planStrategies } from "./plan-file.ts";

/** What the engine maximises by: bounds as in the contract. */
const objectiveFields = {
  demandQuality: 4_000_000,
  supplyQuality: 4_000_000,
  fillBonus: 1_000_000_000,
  waitingBonusPerHour: 1_000_000_000,
  waitingBonusMax: 1_000_000_000,
} as const;

/** What a plan says of a market and a scenario says by itself. */
const saidElsewhere = {
  limits: "needs a market: a scenario has no groups and owners",
  shares: "needs a market: a scenario has no groups and owners",
  topK: "needs a market: a scenario's pairs are those that are considered",
  unitMode: "is said by the scenario: unitMode",
  acceptanceWindow: "is said by the scenario: market.window",
  seed: "is said by the command: --seeds",
} as const;

/** A plan for a scenario without a market behind it, so without groups, owners and listings to name. */
export function offlinePlan({ fields, label }: PlanFile, tools: AllocationTools): MarketPlan {
  for (const [key, where] of Object.entries(saidElsewhere)) {
    if (fields.has(key)) throw fields.wrong(key, where);
  }
  const word = fields.word("strategy", planStrategies, "DEFERRED_ACCEPTANCE");
  if (word === "FAIR") throw fields.wrong("strategy", "FAIR needs a market: a scenario has no groups");
  const strategy: Strategy = word === "DEFERRED_ACCEPTANCE" ? "STABLE" : word;
  const proposing = fields.word("proposing", ["DEMAND", "SUPPLY"], "DEMAND");
  const answered = fields.word("answeredBy", ["DEMAND", "SUPPLY", "NOBODY"], "SUPPLY") !== "NOBODY";
  const objective = fields.has("objective") ? { objective: objectiveOf(fields.within("objective")) } : {};
  if (fields.has("plannedRounds") && strategy !== "EXPECTED")
    throw fields.wrong("plannedRounds", "goes with EXPECTED");
  const plannedRounds = fields.integer("plannedRounds", [0, 10_000], 0);
  return enginePlan(label, { strategy, proposing, ...objective }, { answered, plannedRounds, tools });
}

function objectiveOf(fields: Fields): Objective {
  fields.only(...Object.keys(objectiveFields));
  const given = Object.entries(objectiveFields).filter(([key]) => fields.has(key));
  return Object.fromEntries(given.map(([key, most]) => [key, fields.integer(key, [0, most])]));
}
