import type { PlanContent, PlanStrategy } from "./plan.ts";
import { pairKey } from "./plan-policy.ts";

/** A field that contradicts another, and what is allowed. */
export interface PlanFlaw {
  readonly field: string;
  readonly message: string;
}

type Check = (plan: PlanContent) => PlanFlaw | undefined;

/** Strategies that give a demand all its units from one supply. */
const whole: readonly PlanStrategy[] = ["GREEDY", "PER_DEMAND_GREEDY", "SCARCE_FIRST", "LOTTERY", "OPTIMAL"];

/** The first flaw, by field number; undefined when the plan can be decided by. */
export function flawOf(plan: PlanContent): PlanFlaw | undefined {
  for (const check of checks) {
    const flaw = check(plan);
    if (flaw) return flaw;
  }
  return undefined;
}

const checks: readonly Check[] = [
  ({ unitMode, strategy }) =>
    unitMode === "WHOLE" && !whole.includes(strategy)
      ? {
          field: "plan.strategy",
          message: `${strategy} gives single units: take UNIT_MODE_SPREAD, or one of ${whole.join(", ")}`,
        }
      : undefined,
  ({ demandKind, supplyKind }) =>
    demandKind === supplyKind
      ? { field: "plan.supply_kind", message: "demand_kind and supply_kind are the same kind" }
      : undefined,
  ({ strategy, answeredBy }) =>
    strategy === "EXPECTED" && answeredBy === undefined
      ? { field: "plan.answered_by", message: "EXPECTED learns from answers: SIDE_DEMAND or SIDE_SUPPLY" }
      : undefined,
  ({ offers, answeredBy }) =>
    offers && answeredBy === undefined
      ? { field: "plan.offers", message: "nobody answers: there are no offers without answered_by" }
      : undefined,
  ({ offers, unitMode, answeredBy }) =>
    offers && offers.overOfferPerUnit > 1 && (unitMode === "WHOLE" || answeredBy === "DEMAND")
      ? {
          field: "plan.offers.over_offer_per_unit",
          message: "only single units can be over-offered, and only to the supply",
        }
      : undefined,
  ({ plannedRounds = 0, strategy }) =>
    plannedRounds > 0 && strategy !== "EXPECTED"
      ? { field: "plan.planned_rounds", message: "only STRATEGY_EXPECTED holds back for rounds to come" }
      : undefined,
  pairsTwice,
  groupsTwice,
  ({ strategy, shares = [] }) => {
    if (strategy === "FAIR" && shares.length === 0)
      return { field: "plan.shares", message: "FAIR needs the share of at least one group" };
    return strategy !== "FAIR" && shares.length > 0
      ? { field: "plan.shares", message: "only STRATEGY_FAIR grants shares" }
      : undefined;
  },
  sharesTwice,
  ({ shares = [] }) => {
    const at = shares.findIndex(({ unitsMin, unitsMax = unitsMin }) => unitsMax < unitsMin);
    return at < 0
      ? undefined
      : { field: `plan.shares[${at}].units_max`, message: `at least units_min, ${shares[at]!.unitsMin}` };
  },
  ({ batching }) =>
    batching?.mode === "CONTINUOUS" && batching.minimumDemands > 1 && batching.maximumWaitMs === undefined
      ? {
          field: "plan.batching.maximum_wait",
          message: "needed with minimum_demands above 1, or few demands wait for ever",
        }
      : undefined,
];

function pairsTwice({ limits }: PlanContent): PlanFlaw | undefined {
  const seen = new Set<string>();
  for (const [name, pairs] of [
    ["exclusions", limits?.exclusions ?? []],
    ["pins", limits?.pins ?? []],
  ] as const) {
    for (const [at, pair] of pairs.entries()) {
      const key = pairKey(pair);
      const field = `plan.limits.${name}[${at}]`;
      if (seen.has(key)) return { field, message: "each pair once, excluded or pinned" };
      seen.add(key);
    }
  }
  return undefined;
}

function groupsTwice({ limits }: PlanContent): PlanFlaw | undefined {
  return twice(limits?.groups ?? [], "plan.limits.groups");
}

function sharesTwice({ shares }: PlanContent): PlanFlaw | undefined {
  return twice(shares ?? [], "plan.shares");
}

function twice(
  groups: readonly { readonly grouping: string; readonly value?: string }[],
  path: string,
): PlanFlaw | undefined {
  const seen = new Set<string>();
  for (const [at, { grouping, value }] of groups.entries()) {
    const key = `${grouping}\n${value ?? ""}`;
    if (seen.has(key)) return { field: `${path}[${at}]`, message: "each group of a grouping once" };
    seen.add(key);
  }
  return undefined;
}
