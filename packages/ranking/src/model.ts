/**
 * How one side of a market sees the other, as plain data: a weighted sum of features, in fixed point.
 *
 * score = Σ round(weight · value), every value and every term an integer of millionths, summed in the order of
 * `features`. A score is an integer of 32 bits: `validateModel` refuses a model that could leave that range.
 */
export interface Model {
  /** Who looks: `DEMAND` scores supply for a demand, `SUPPLY` scores the demand for a supply. */
  readonly perspective: Perspective;
  /** 1 to 64. */
  readonly features: readonly Feature[];
}

export type Perspective = "DEMAND" | "SUPPLY";

/** One number read from a pair. It is clamped to `min .. max`, then rounded to millionths, halves upward. */
export interface Feature {
  /** Unique within the model; names the contribution. `^[a-z][a-z0-9_]{0,62}$`. */
  readonly id: string;
  /** An integer; 1,000,000 weighs the value as it is. Negative makes more of it worse. */
  readonly weightMillionths: number;
  readonly source: FeatureSource;
  /** The value where the source is unknown, because an attribute it needs is missing. Within `min .. max`. */
  readonly missing: number;
  readonly min: number;
  readonly max: number;
}

export type FeatureSource = ExpressionSource | OverlapSource;

export interface ExpressionSource {
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
  readonly normalise: "DEMAND" | "SUPPLY" | "NONE";
}

/** What a score is made of. The contributions of a pair sum exactly to its score. */
export interface Contribution {
  readonly featureId: string;
  /** The value after clamping, in millionths. */
  readonly valueMillionths: number;
  /** True where the source was unknown and the feature's `missing` was taken. */
  readonly missing: boolean;
  /** round(weight · value), in millionths. */
  readonly contribution: number;
}
