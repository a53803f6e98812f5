/** What a quantity comes to over several runs. */
export interface Estimate {
  readonly mean: number;
  /** The bounds of its confidence interval of 95 %; both are the mean for one run. */
  readonly low: number;
  readonly high: number;
}

// Student's t, two-sided 95 %, for 1 to 30 degrees of freedom.
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Student's t for a two-sided interval of 95 %; beyond 30 degrees of freedom 1.96 + 2.4 by them, within 0.002 of it. */
export function studentT(degrees: number): number {
  return quantiles[degrees - 1] ?? 1.96 + 2.4 / degrees;
}

/** Mean and confidence interval over runs that differ in their seeds alone (Student 1908). NaN for no runs. */
export function estimateOf(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, low: mean, high: mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const degrees = values.length - 1;
  const half = studentT(degrees) * Math.sqrt(squares / degrees / values.length);
  return { mean, low: mean - half, high: mean + half };
}
