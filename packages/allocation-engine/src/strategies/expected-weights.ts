import { EngineError } from "../engine-error.ts";

/**
 * What each pair is worth on average over the answers to one wave of offers: its weight times the probability that it says yes,
 * rounded down to 1 at least, so that a wanted pair stays one.
 *
 * @param acceptance by edge, 0 to 1; absent: everybody says yes
 * @throws EngineError COLUMN_LENGTHS_DIFFER, PLAN_INVALID (NaN, or not within 0 to 1)
 */
export function expectedWeights(weights: Int32Array, acceptance: ArrayLike<number> | undefined): Int32Array {
  if (acceptance === undefined) return weights;
  if (acceptance.length !== weights.length) {
    throw new EngineError(
      "COLUMN_LENGTHS_DIFFER",
      `acceptance has ${acceptance.length} entries, there are ${weights.length} edges`,
    );
  }
  return weights.map((weight, edge) => {
    const probability = acceptance[edge]!;
    if (!(probability >= 0 && probability <= 1)) {
      throw new EngineError("PLAN_INVALID", `the acceptance of edge ${edge} is ${probability}`);
    }
    if (weight <= 0 || probability === 0) return Math.min(weight, 0);
    return Math.max(1, Math.floor(weight * probability));
  });
}
