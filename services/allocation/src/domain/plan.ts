import type { Side } from "./level.ts";

/** How allocation is decided, defaults filled in; ids without their collections. */
export interface PlanContent {
  readonly demandKind: string;
  readonly supplyKind: string;
  readonly policy: string;
  readonly demandModel: string;
  /** Empty: none. */
  readonly supplyModel: string;
  readonly strategy: "DEFERRED_ACCEPTANCE" | "GREEDY";
  readonly proposing: Side;
  readonly topK: number;
  readonly unitMode: "SPREAD" | "WHOLE";
  /** Undefined: nobody answers, holds are committed at once. */
  readonly answeredBy: Side | undefined;
  readonly acceptanceWindowMs: number;
}

export interface Plan extends PlanContent {
  readonly id: string;
  readonly version: number;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** What a caller set; undefined where nothing was said. */
export type PlanInput = Omit<
  PlanContent,
  "strategy" | "proposing" | "topK" | "unitMode" | "acceptanceWindowMs"
> &
  Partial<Pick<PlanContent, "strategy" | "proposing" | "topK" | "unitMode" | "acceptanceWindowMs">>;

const topKDefault = 50;
const acceptanceWindowMsDefault = 72 * 3_600_000;

/** Fills in defaults, or says which field contradicts another. */
export function planContentOf(
  input: PlanInput,
): { ok: true; content: PlanContent } | { ok: false; field: string; message: string } {
  const unitMode = input.unitMode ?? "SPREAD";
  if (unitMode === "WHOLE" && input.strategy === "DEFERRED_ACCEPTANCE") {
    const message = "deferred acceptance gives single units: take UNIT_MODE_SPREAD or STRATEGY_GREEDY";
    return { ok: false, field: "plan.strategy", message };
  }
  if (input.demandKind === input.supplyKind) {
    return { ok: false, field: "plan.supply_kind", message: "demand_kind and supply_kind are the same kind" };
  }
  return {
    ok: true,
    content: {
      ...input,
      strategy: input.strategy ?? (unitMode === "WHOLE" ? "GREEDY" : "DEFERRED_ACCEPTANCE"),
      proposing: input.proposing ?? "DEMAND",
      topK: input.topK || topKDefault,
      unitMode,
      acceptanceWindowMs: input.acceptanceWindowMs ?? acceptanceWindowMsDefault,
    },
  };
}

/** Units that one pair of the plan carries. */
export function unitsOfPair(plan: Pick<PlanContent, "unitMode">, wanted: number): number {
  return plan.unitMode === "WHOLE" ? wanted : Math.min(1, wanted);
}
