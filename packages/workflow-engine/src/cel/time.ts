import { Duration, EvaluationError, Timestamp } from "./value.ts";

const timestampPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2})))?$/;

/** Reads an RFC 3339 timestamp, or a bare date as midnight UTC; parts finer than milliseconds are cut off. */
export function readTimestamp(text: string): Timestamp {
  const match = timestampPattern.exec(text);
  if (match === null) throw new EvaluationError(`"${text.slice(0, 40)}" is no RFC 3339 timestamp`);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day!);
  const fits = date.getUTCMonth() === month! - 1 && date.getUTCDate() === day!;
  if (!fits || hour! > 23 || minute! > 59 || second! > 59) {
    throw new EvaluationError(`"${text}" is no day and time`);
  }
  const fractionMs = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offset = (match[8] === "-" ? -1 : 1) * (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0));
  return timestampOf(date.getTime() + ((hour! * 60 + minute! - offset) * 60 + second!) * 1000 + fractionMs);
}

/** The years 1 to 9999, as CEL and protobuf have them; whole milliseconds. */
export function timestampOf(epochMs: number): Timestamp {
  if (!(epochMs >= -62_135_596_800_000 && epochMs < 253_402_300_800_000)) {
    throw new EvaluationError("a timestamp is within the years 1 to 9999");
  }
  return new Timestamp(Math.floor(epochMs));
}

/** RFC 3339 in UTC, without a fraction where there is none. */
export function formatTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(".000Z", "Z");
}

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
};

/** Reads a duration as CEL writes it: `72h`, `1h30m`, `-1.5s`. */
export function readDuration(text: string): Duration {
  const match = /^([+-]?)((?:\d{1,12}(?:\.\d{1,9})?(?:h|ms|us|ns|m|s)){1,8}|0)$/.exec(text);
  if (match === null) throw new EvaluationError(`"${text.slice(0, 40)}" is no duration such as "72h"`);
  let total = 0;
  for (const [, amount, unit] of match[2]!.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)/g)) {
    total += Number(amount) * unitMs[unit!]!;
  }
  return durationOf(match[1] === "-" ? -total : total);
}

/** Up to about 10,000 years either way. */
export function durationOf(ms: number): Duration {
  if (!(Math.abs(ms) <= 315_576_000_000_000)) throw new EvaluationError("a duration is at most 10,000 years");
  return new Duration(ms);
}

/** Seconds, as protobuf's JSON has durations. */
export function formatDuration(ms: number): string {
  return `${ms / 1000 === 0 ? 0 : ms / 1000}s`;
}
