/**
 * How one side of a market sees the other, as plain data: a weighted sum of features, in fixed point.
 *
 * score = Σ round(weight · value), every value and every term an integer of millionths, summed in the order of
 * `features`. A score is an integer of 32 bits: `compileModel` refuses a model that could leave that range.
 */
export interface Model {
  /** Who looks: `DEMAND` scores supply for a demand, `SUPPLY` scores the demand for a supply. */
  readonly perspective: Perspective;
  /** 1 to 64. */
  readonly features: readonly Feature[];
}

export type Perspective = "DEMAND" | "SUPPLY";

/** One number read from a pair. It is rounded to millionths, halves upward, then clamped to `min .. max`. */
export interface Feature {
  /** Unique within the model; names the contribution. `^[a-z][a-z0-9_]{0,62}$`. */
  readonly id: string;
  /** 1,000,000 weighs the value as it is; negative makes more of it worse. -10⁹ to 10⁹. */
  readonly weightMillionths: number;
  readonly source: FeatureSource;
  /** The value where the source is unknown, because an attribute it needs is missing. Clamped as well. */
  readonly missingMillionths: number;
  /** -10⁹ is a usual choice where the source has no bound of its own. */
  readonly minMillionths: number;
  readonly maxMillionths: number;
}

export type FeatureSource = FormulaSource | OverlapSource;

export interface FormulaSource {
  /** CEL with a number as result, over `supply`, `demand` and `now`. */
  readonly expression: string;
}

export interface OverlapSource {
  readonly overlap: Overlap;
}

/**
 * How much two sets of tokens share: Σ weight(token) over the tokens of both lists. A repeated token counts once.
 * Unknown where either attribute is missing.
 */
export interface Overlap {
  /** A `list<string>` attribute of the supply's kind. */
  readonly supplyAttribute: string;
  /** A `list<string>` attribute of the demand's kind. */
  readonly demandAttribute: string;
  /**
   * `UNIFORM`: every token weighs 1. `RARITY`: round(10⁶ · ln(N / df)) millionths, N the number of listings
   * counted in the statistics and df how many of them have the token, at least 1.
   */
  readonly weighting: "UNIFORM" | "RARITY";
  /**
   * What the shared weight is divided by: the weight of all of the demand's tokens, of all of the supply's, or
   * nothing. The quotient is floor(10⁶ · shared / all) millionths, 0 where the divisor is 0.
   */
  readonly normalisation: "DEMAND" | "SUPPLY" | "NONE";
}

/** What a score is made of. The contributions of a pair sum exactly to its score. */
export interface Contribution {
  readonly featureId: string;
  /** The value after clamping. */
  readonly valueMillionths: number;
  /** round(weight · value), halves upward. */
  readonly contributionMillionths: number;
  /** True where the source was unknown and the feature's missing value was taken. */
  readonly missing: boolean;
}
