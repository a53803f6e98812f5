const timestampPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2})))?$/;

/**
 * Reads an RFC 3339 timestamp, or a bare date as midnight UTC, to epoch milliseconds; finer parts are cut off.
 * `undefined` for anything else, the 30th of February and leap seconds included.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = timestampPattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (hour! > 23 || minute! > 59 || second! > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day!);
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day!) return undefined;
  const millis = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offset = offsetMinutes(match[8], match[9], match[10]);
  if (offset === undefined) return undefined;
  return timestampInRange(date.getTime() + ((hour! * 60 + minute! - offset) * 60 + second!) * 1000 + millis);
}

/** The years 1 to 9999, as CEL and protobuf have them. */
export function timestampInRange(epochMs: number): number | undefined {
  return epochMs >= -62_135_596_800_000 && epochMs < 253_402_300_800_000 ? epochMs : undefined;
}

/** Up to about 10,000 years either way. */
export function durationInRange(ms: number): number | undefined {
  return Math.abs(ms) <= 315_576_000_000_000 ? ms : undefined;
}

function offsetMinutes(sign: string | undefined, hours = "0", minutes = "0"): number | undefined {
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** Writes epoch milliseconds as RFC 3339 in UTC, without a fraction where there is none. */
export function formatTimestamp(epochMs: number): string | undefined {
  if (Math.abs(epochMs) > 8.64e15) return undefined;
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

/** Reads a duration as CEL writes it, `1h30m` or `-1.5s`, to milliseconds; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:\d+(?:\.\d+)?(?:h|ms|us|ns|m|s))+|0)$/.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const [, amount, unit] of match[2]!.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)/g)) {
    total += Number(amount) * unitMs[unit!]!;
  }
  return durationInRange(match[1] === "-" ? -total : total);
}
