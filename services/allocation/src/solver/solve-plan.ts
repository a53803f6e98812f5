import { Plan_Side, Plan_UnitMode, type SolvePlan } from "@marketmesh/contracts/allocation/v1";
import { engineStrategyOf } from "../domain/plan.ts";
import { strategyOf } from "../rpc/plan-message.ts";
import { parseObjective, parseShare } from "../rpc/plan-policy-message.ts";
import { graphInvalid } from "./columns.ts";
import type { SentPlan } from "./sent-graph.ts";

/** What a caller wrote, as the engine says it. Throws GRAPH_INVALID for a grouping that is named twice, or not at all. */
export function parseSolvePlan(message: SolvePlan): SentPlan {
  const whole = message.unitMode === Plan_UnitMode.WHOLE;
  const { strategy, objective, limits, shares, groupings } = message;
  const names = new Set(groupings.map(({ name }) => name));
  if (names.size < groupings.length) {
    throw graphInvalid("plan.groupings", "GROUPING_INVALID", "a grouping is named twice");
  }
  const named = [...(objective?.groupBonuses ?? []), ...limits, ...shares];
  const unknown = named.find(({ grouping }) => !names.has(grouping));
  if (unknown) {
    throw graphInvalid("plan.groupings", "GROUPING_INVALID", `there is no grouping ${unknown.grouping}`);
  }
  return {
    // What is not stated is as in a plan; a number that is not defined never gets here.
    strategy: engineStrategyOf(strategyOf(strategy) ?? (whole ? "GREEDY" : "DEFERRED_ACCEPTANCE")),
    unitMode: whole ? "WHOLE" : "SPREAD",
    proposing: message.proposing === Plan_Side.SUPPLY ? "SUPPLY" : "DEMAND",
    seed: message.seed,
    gap: message.gapMillionths / 1_000_000,
    ...(objective && { objective: parseObjective(objective) }),
    limits: {
      units: limits.map(({ grouping, value, unitsMax }) => ({
        grouping,
        ...(value !== "" && { value }),
        unitsMax,
      })),
    },
    ...(shares.length > 0 && { shares: shares.map(parseShare) }),
    groupings: groupings.map(({ name, values }) => ({ name, values })),
  };
}
