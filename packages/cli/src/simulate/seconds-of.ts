import { UsageError } from "../usage-error.ts";

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a number with a unit: `90s`, `30m`, `72h`, `7d`. Throws UsageError that names the field. */
export function secondsOf(text: unknown, field: string): number {
  const found = /^(\d+(?:\.\d+)?)([smhd])$/.exec(String(text));
  if (!found)
    throw new UsageError(`${field}: ${JSON.stringify(text)} is no duration; write 90s, 30m, 72h or 7d`);
  return Number(found[1]) * unitSeconds[found[2]!]!;
}
