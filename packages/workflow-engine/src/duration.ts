import { readDuration } from "./cel/time.ts";
import { EvaluationError } from "./cel/value.ts";
import { isObject } from "./json.ts";
import { durationMsMax } from "./limits.ts";

const isoPattern =
  /^P(?!$)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,7})D)?(?:T(?=\d)(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:\.\d{1,9})?)S)?)?$/;
const inlineMs: Readonly<Record<string, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
};

/**
 * The moment that is a duration after another: ISO 8601 (`P7D`; years and months by the UTC calendar), an object
 * (`{ days: 7 }`) or, as expressions make them, CEL's own (`72h`). One below zero counts as none, the longest is ten years.
 * Throws EvaluationError for anything else.
 */
export function after(nowMs: number, duration: unknown): number {
  const due = typeof duration === "string" ? afterText(nowMs, duration) : nowMs + inline(duration);
  return Math.round(Math.min(Math.max(due, nowMs), nowMs + durationMsMax));
}

function afterText(nowMs: number, duration: string): number {
  const match = isoPattern.exec(duration);
  if (match === null) return nowMs + readDuration(duration).ms;
  const [years, months, weeks, days, hours, minutes, seconds] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const date = new Date(nowMs);
  addMonths(date, Math.min(years! * 12 + months!, 1_200));
  const time = (hours! * 60 + minutes!) * 60_000 + seconds! * 1000;
  return date.getTime() + (weeks! * 7 + days!) * 86_400_000 + time;
}

/** The 31st of a month that has none is its last day. */
function addMonths(date: Date, months: number): void {
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(date.getTime());
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  date.setUTCDate(Math.min(day, last.getUTCDate()));
}

function inline(duration: unknown): number {
  const keys = isObject(duration) ? Object.keys(duration) : [];
  if (!isObject(duration) || keys.length === 0) throw new EvaluationError("this is no duration such as P7D");
  let total = 0;
  for (const key of keys) {
    const amount = duration[key];
    const unit = Object.hasOwn(inlineMs, key) ? inlineMs[key] : undefined;
    if (unit === undefined || typeof amount !== "number") {
      throw new EvaluationError(`a duration has ${Object.keys(inlineMs).join(", ")}, each a number`);
    }
    total += amount * unit;
  }
  return total;
}
