import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { invalidField } from "@marketmesh/rpc";
import type { MarketClock } from "../domain/clock.ts";
import { refuse } from "./problem.ts";

const earliestMs = Date.UTC(1900, 0, 1);
const latestMs = Date.UTC(9999, 0, 1) - 1;

/** Whole milliseconds of a time given in a request; INVALID_ARGUMENT when no calendar has it. */
export function givenMs(time: Timestamp | undefined, field: string): number | undefined {
  if (time === undefined) return undefined;
  const ms = Number(time.seconds) * 1_000 + Math.floor(time.nanos / 1_000_000);
  const fits = ms >= earliestMs && ms <= latestMs && time.nanos >= 0 && time.nanos < 1_000_000_000;
  if (!fits) throw invalidField(field, "a time from the years 1900 to 9998");
  return ms;
}

/** The market's time of a call: in a sandbox market the caller says it, in a real one the server does. */
export function callMs(
  clock: MarketClock,
  time: Timestamp | undefined,
  nowMs: number,
  field = "market_time",
): number {
  const given = givenMs(time, field);
  if (clock.mode === "REAL") return nowMs;
  if (given !== undefined) return given;
  const message = `${field}: the market is a sandbox, whose time only the caller can say`;
  throw refuse("MARKET_TIME_REQUIRED", message, { field }, { field });
}

export function timestampOf(ms: number | undefined): Timestamp | undefined {
  return ms === undefined ? undefined : timestampFromMs(ms);
}
