/** One figure of a benchmark: a line of JSON on stdout. Prose goes to stderr. */
export interface Figure {
  readonly suite: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** What we want; the figure is ok when it is at least as good. */
  readonly aim: number;
  /** The same quantity of something comparable, measured in the same run. */
  readonly baseline?: number;
}

/** Prints a figure with its verdict and, given a baseline, the ratio to it. */
export function emit(figure: Figure): void {
  const { value, aim, better, baseline } = figure;
  const ok = better === "lower" ? value <= aim : value >= aim;
  const kept = baseline === undefined ? {} : { baseline: round(baseline) };
  const ratio = baseline === undefined ? {} : { ratio: round(value / baseline) };
  process.stdout.write(`${JSON.stringify({ ...figure, value: round(value), ...kept, ok, ...ratio })}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The median of an odd number of values, the upper one of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
