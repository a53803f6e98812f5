import { type Strategy, strategies } from "@marketmesh/allocation-engine";
import type { Side } from "./level.ts";
import type { OfferRules } from "./offer-rules.ts";
import type { Batching, PlanGroupShare, PlanLimits, PlanObjective } from "./plan-policy.ts";

/** How a round decides: the words of the contract; `DEFERRED_ACCEPTANCE` is what the engine calls STABLE. */
export type PlanStrategy = Exclude<Strategy, "STABLE"> | "DEFERRED_ACCEPTANCE";

export const planStrategies: readonly PlanStrategy[] = strategies.map((strategy) =>
  strategy === "STABLE" ? "DEFERRED_ACCEPTANCE" : strategy,
);

export function engineStrategyOf(strategy: PlanStrategy): Strategy {
  return strategy === "DEFERRED_ACCEPTANCE" ? "STABLE" : strategy;
}

/** How allocation is decided, defaults filled in; ids without their collections. */
export interface PlanContent {
  readonly demandKind: string;
  readonly supplyKind: string;
  readonly policy: string;
  readonly demandModel: string;
  /** Empty: none. */
  readonly supplyModel: string;
  readonly strategy: PlanStrategy;
  readonly proposing: Side;
  readonly topK: number;
  readonly unitMode: "SPREAD" | "WHOLE";
  /** Undefined: nobody answers, holds are committed at once. */
  readonly answeredBy: Side | undefined;
  readonly acceptanceWindowMs: number;
  // What follows is absent in plans of release 0.3.0 and wherever nothing was said.
  readonly objective?: PlanObjective;
  readonly limits?: PlanLimits;
  readonly batching?: Batching;
  /** Somebody approves what was solved, within this long; absent: nobody needs to. */
  readonly approvalWindowMs?: number;
  readonly seed?: number;
  /** Of EXPECTED: how many rounds the plan will have; absent: nobody knows. */
  readonly plannedRounds?: number;
  /** What FAIR grants. */
  readonly shares?: readonly PlanGroupShare[];
  /** What may become of offers besides an answer. */
  readonly offers?: OfferRules;
}

/** The parts that say how a graph is solved. */
export type RoundPolicy = Pick<
  PlanContent,
  "strategy" | "proposing" | "unitMode" | "objective" | "limits" | "shares"
>;

export interface Plan extends PlanContent {
  readonly id: string;
  readonly version: number;
  readonly createTime: Date;
  readonly updateTime: Date;
}

type Defaulted = "strategy" | "proposing" | "topK" | "unitMode" | "acceptanceWindowMs";

/** What a caller set; undefined where nothing was said. */
export type PlanInput = Omit<PlanContent, Defaulted> & Partial<Pick<PlanContent, Defaulted>>;

const topKDefault = 50;
const acceptanceWindowMsDefault = 72 * 3_600_000;

/** Fills in defaults. */
export function withDefaults(input: PlanInput): PlanContent {
  const unitMode = input.unitMode ?? "SPREAD";
  return {
    ...input,
    strategy: input.strategy ?? (unitMode === "WHOLE" ? "GREEDY" : "DEFERRED_ACCEPTANCE"),
    proposing: input.proposing ?? "DEMAND",
    topK: input.topK || topKDefault,
    unitMode,
    acceptanceWindowMs: input.acceptanceWindowMs ?? acceptanceWindowMsDefault,
  };
}

/** Units that one pair of the plan carries. */
export function unitsOfPair(plan: Pick<PlanContent, "unitMode">, wanted: number): number {
  return plan.unitMode === "WHOLE" ? wanted : Math.min(1, wanted);
}

/** Whether release 0.3.0 would decide a round of the plan otherwise than it says. */
export function needsNewRelease(plan: PlanContent): boolean {
  const known = plan.strategy === "DEFERRED_ACCEPTANCE" || plan.strategy === "GREEDY";
  const says = plan.objective || plan.limits || plan.offers || plan.approvalWindowMs !== undefined;
  return !known || Boolean(says);
}
