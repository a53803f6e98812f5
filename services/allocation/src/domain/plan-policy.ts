/** What is maximised, in millionths; absent parts count nothing, an absent `demandQuality` is 1,000,000. */
export interface PlanObjective {
  readonly demandQuality?: number;
  readonly supplyQuality?: number;
  readonly fillBonus?: number;
  readonly waitingBonusPerHour?: number;
  readonly waitingBonusMax?: number;
  readonly groupBonuses?: readonly PlanGroupBonus[];
}

/** `demand/{group}` with a group of the demand's kind, `demand/owner` or `supply/owner`. */
export type GroupingName = string;

export interface PlanGroupBonus {
  readonly grouping: GroupingName;
  readonly value: string;
  readonly bonus: number;
}

export interface PlanGroupLimit {
  readonly grouping: GroupingName;
  /** Absent: each group by itself. */
  readonly value?: string;
  readonly unitsMax: number;
}

export interface PlanGroupShare {
  readonly grouping: GroupingName;
  readonly value: string;
  readonly unitsMin: number;
  /** Absent: as much as is left. */
  readonly unitsMax?: number;
}

/** Listing ids. */
export interface PlanPair {
  readonly demand: string;
  readonly supply: string;
}

/** What holds whatever the strategy says. */
export interface PlanLimits {
  readonly groups: readonly PlanGroupLimit[];
  readonly exclusions: readonly PlanPair[];
  readonly pins: readonly PlanPair[];
}

/** When rounds begin by themselves; a plan without it waits to be asked. */
export type Batching =
  | { readonly mode: "SCHEDULED"; readonly intervalMs: number }
  | {
      readonly mode: "CONTINUOUS";
      readonly intervalMs: number;
      readonly minimumDemands: number;
      /** Absent: with one minimum demand nothing waits. */
      readonly maximumWaitMs?: number;
    };

export function pairKey({ demand, supply }: PlanPair): string {
  return `${demand}\n${supply}`;
}
