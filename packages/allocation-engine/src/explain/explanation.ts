import type { LimitUse } from "../plan.ts";

/** What one pair costs and is worth where a certificate has prices; millionths, of all units that the pair carries. */
export interface PairPrices {
  readonly demand: number;
  readonly supply: number;
  /** Of all limits that count the pair. */
  readonly limits: number;
  /** Weight less all prices: above 0 for pairs that stand firm, at most 0 for pairs that are not worth their prices. */
  readonly surplus: number;
}

/**
 * Why a pair is not in a solution, the first that holds:
 * - `INELIGIBLE`: there is no edge.
 * - `EXCLUDED`: the plan excludes it.
 * - `WORSE_THAN_OUTSIDE_OPTION`: it is worth no more than what the two have without it.
 * - `NO_CAPACITY`: one of the two has no units, or not as many as the pair carries.
 * - `OUTBID`: the supply's units went to rivals.
 * - `QUOTA`: a limit that counts the pair is used up.
 * - `FILLED`: the demand's units went to pairs that it, or the whole, is better off with.
 */
export type NotAssignedReason =
  | "INELIGIBLE"
  | "EXCLUDED"
  | "WORSE_THAN_OUTSIDE_OPTION"
  | "NO_CAPACITY"
  | "OUTBID"
  | "QUOTA"
  | "FILLED";

/** What a pair would have needed, everything else as it was. */
export interface ToWin {
  /** The least weight with which the pair surely is in. Without an objective weights are the demand's scores. */
  readonly weight: number;
  /** The least demand score, millionths, that gives this weight; absent where none of 32 bits does. */
  readonly score?: number;
  /** Whether one less is a tie: an answer with the pair would be worth as much, and positions decide. Else one less loses. */
  readonly tieBelow: boolean;
}

/** Why a pair is, or is not, in a solution. Positions are the graph's; what a caller may see of others, the caller decides. */
export type Explanation =
  | {
      readonly outcome: "ASSIGNED";
      readonly demand: number;
      readonly supply: number;
      readonly edge: number;
      readonly because: "PINNED" | "CHOSEN";
      readonly weight: number;
      readonly prices?: PairPrices;
    }
  | {
      readonly outcome: "NOT_ASSIGNED";
      readonly demand: number;
      readonly supply: number;
      readonly reason: NotAssignedReason;
      /** Absent for `INELIGIBLE`, as is all below. */
      readonly edge?: number;
      readonly weight?: number;
      readonly prices?: PairPrices;
      /** `OUTBID`: demands that have the supply's units, the one that gave way first in front. */
      readonly rivals: readonly number[];
      /** What the demand has instead: supplies. */
      readonly instead: readonly number[];
      /** Limits that count the pair and are used up. */
      readonly limits: readonly LimitUse[];
      /** Absent where no weight would have won, or it is not known. */
      readonly toWin?: ToWin;
    };
