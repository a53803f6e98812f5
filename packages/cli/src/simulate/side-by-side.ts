/** Rows of a table for a terminal: what is measured on the left, one column each for what is compared. */
export function sideBySide(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [["", ...titles], ...rows];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  const lines = all.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join("  "),
  );
  return `${[lines[0], "-".repeat(lines[0]!.length), ...lines.slice(1)].join("\n")}\n`;
}

/** A mean with the half of its confidence interval: `81.8 % ± 0.4`. */
export function withBounds(
  estimate: { readonly mean: number; readonly high: number },
  show: (value: number) => string,
): string {
  const half = estimate.high - estimate.mean;
  return half > 0 ? `${show(estimate.mean)} ± ${show(half).replace(/ .*$/, "")}` : show(estimate.mean);
}

/** An average is shown where there was anything to average. */
export function whereAny({ mean }: { readonly mean: number }, shown: string): string {
  return mean > 0 ? shown : "";
}

export const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
export const hours = (seconds: number) => `${(seconds / 3_600).toFixed(1)} h`;
/** Scores are millionths. */
export const score = (millionths: number) => (millionths / 1_000_000).toFixed(3);
export const whole = (value: number) => Math.round(value).toString();
