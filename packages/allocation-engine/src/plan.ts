import type { Assignment } from "./assignment.ts";

/** How the engine may decide; the same words in plan, contract (which calls STABLE by its method), code and reports. */
export const strategies = [
  "STABLE",
  "GREEDY",
  "PER_DEMAND_GREEDY",
  "SCARCE_FIRST",
  "LOTTERY",
  "FAIR",
  "OPTIMAL",
  "EXPECTED",
] as const;
export type Strategy = (typeof strategies)[number];

/** A side of the market. */
export type MarketSide = "DEMAND" | "SUPPLY";

/**
 * What is maximised, as data. All numbers are integers in millionths, the unit of scores. Absent parts count nothing, but an
 * absent `demandQuality` is 1,000,000: the demand's score as it is.
 */
export interface Objective {
  /** What one of the demand's score counts, 0 to 4,000,000. */
  readonly demandQuality?: number;
  /** What one of the supply's score counts, 0 to 4,000,000. */
  readonly supplyQuality?: number;
  /** Added for every pair, 0 or more: the more, the more openings are filled with worse pairs. */
  readonly fillBonus?: number;
  /** Added per full hour that the demand has waited (`plan.waiting`), 0 or more, at most `waitingBonusMax` (default 1,000,000). */
  readonly waitingBonusPerHour?: number;
  readonly waitingBonusMax?: number;
  /** Added for pairs of a group, or, below 0, taken off. */
  readonly groupBonuses?: readonly GroupBonus[];
}

/** Adds to the weight of every pair whose demand (or supply, as the grouping says) is in a group. */
export interface GroupBonus {
  readonly grouping: string;
  readonly value: string;
  readonly bonus: number;
}

/** One way to sort a side into groups: by region, by party, by level. Groupings may overlap each other freely. */
export interface Grouping {
  readonly name: string;
  readonly side: MarketSide;
  /** What the groups are called, distinct. */
  readonly values: readonly string[];
  /** By position of the side: index into `values`, or -1 for in no group. */
  readonly of: ArrayLike<number>;
}

/** A pair by the positions of its demand and supply. */
export interface Pair {
  readonly demand: number;
  readonly supply: number;
}

/** What must hold whatever the strategy says. */
export interface Limits {
  /** At most so many units for a group: of a party over all its listings, of a region, of a level. */
  readonly units?: readonly UnitLimit[];
  /** Pairs that must not be. A pair without an edge is excluded already. */
  readonly exclusions?: readonly Pair[];
  /** Pairs that must be, taken in ascending order before anything else; one that cannot be is reported in the facts. */
  readonly pins?: readonly Pair[];
}

export interface UnitLimit {
  readonly grouping: string;
  /** Absent: every group of the grouping has this limit for itself. */
  readonly value?: string;
  /** 0 or more. */
  readonly unitsMax: number;
}

/** What FAIR grants a group: `unitsMin` before others borrow, `unitsMax` with what it may borrow. */
export interface GroupShare {
  readonly grouping: string;
  readonly value: string;
  /** Served first as far as its pairs allow; what it cannot use is anybody's. Default 0. */
  readonly unitsMin?: number;
  /** Never more than this. Absent: as much as is left. */
  readonly unitsMax?: number;
}

/** What the parties would get without this market, by position, in millionths. */
export interface OutsideOptions {
  readonly demand?: ArrayLike<number>;
  readonly supply?: ArrayLike<number>;
}

/** What the objective reads about the parties of one graph. */
export interface ObjectiveData {
  /** By demand: seconds that it has waited, 0 or more. Also the order of `PER_DEMAND_GREEDY`. */
  readonly waiting?: ArrayLike<number>;
  readonly outside?: OutsideOptions;
  readonly groups?: readonly Grouping[];
}

/** A strategy with everything it needs beside the graph. Positions and edges are those of the graph. */
export interface AllocationPlan extends ObjectiveData {
  readonly strategy: Strategy;
  /** Absent: the demand's scores as they are; strategies that do not maximise then take whatever fits. */
  readonly objective?: Objective;
  readonly limits?: Limits;
  /** Decides `LOTTERY`; a safe integer, 0 when absent. */
  readonly seed?: number;
  /** `OPTIMAL`: the share of the value that may be lost at most, proven, for less time; 0 when absent: exact where that is possible. */
  readonly gap?: number;
  /** Which side proposes in `STABLE`; `DEMAND` when absent. */
  readonly proposing?: MarketSide;
  /** `FAIR`: whose share of what is given is guarded. */
  readonly shares?: readonly GroupShare[];
  /** `EXPECTED`: the probability per edge that the pair says yes, 0 to 1. */
  readonly acceptance?: ArrayLike<number>;
}

/** Why a pinned pair is not in the solution. */
export type PinRefusal = "INELIGIBLE" | "EXCLUDED" | "NO_CAPACITY" | "LIMIT";

export interface RefusedPin extends Pair {
  readonly reason: PinRefusal;
}

/** How much of a limit or share is used. */
export interface LimitUse {
  readonly grouping: string;
  readonly value: string;
  readonly units: number;
  readonly unitsMax?: number;
  readonly unitsMin?: number;
}

/** What is true of a solution, in numbers. */
export interface SolutionFacts {
  readonly strategy: Strategy;
  /** How the answer was found, for reports: "auction", "min-cost flow", "deferred acceptance" … */
  readonly method: string;
  readonly pairs: number;
  readonly units: number;
  /** Sum over chosen pairs of their weight, without an objective of the demand's score; millionths. */
  readonly value: number;
  /** Chosen because a pin says so. */
  readonly pinned: number;
  readonly refusedPins: readonly RefusedPin[];
  /** One per group that a limit or share names, in stated order. */
  readonly limits: readonly LimitUse[];
}

/**
 * What is proven about a solution: no assignment that keeps the same limits is worth more than `dual`. Prices are of single units, in
 * the unit of weights, 0 or more. `verifySolution` recomputes all of it from graph and plan.
 */
export interface SolutionCertificate {
  /** What the solution is worth. */
  readonly primal: number;
  /** What no solution exceeds. */
  readonly dual: number;
  /** `(dual - primal) / dual`: the share that is lost at most; 0 when exact. */
  readonly gap: number;
  /** `primal = dual`: nothing better exists. */
  readonly exact: boolean;
  readonly demandPrices: ArrayLike<number>;
  readonly supplyPrices: ArrayLike<number>;
  /** By limit, in the order of `facts.limits`; absent without limits. */
  readonly limitPrices?: ArrayLike<number>;
  /** By limit: units that the shares of `FAIR` were granted. The bound is over assignments that grant as much. */
  readonly granted?: ArrayLike<number>;
  /** What branch and bound proved that nothing exceeds. Prices cannot show it; the gap is theirs. */
  readonly searchBound?: number;
}

/** What `allocate` answers. */
export interface Solution {
  readonly assignment: Assignment;
  /** By edge: what was maximised. Absent where a strategy goes by the scores alone. */
  readonly weights?: Int32Array;
  /** What is proven about the value; strategies that maximise have one. */
  readonly certificate?: SolutionCertificate;
  readonly facts: SolutionFacts;
}
