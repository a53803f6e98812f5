import type { Tx } from "@marketmesh/postgres";
import { type Hold, type HoldRefusal, mayConfirm, mayRelease, type Settlement } from "../domain/hold.ts";
import { holdClock } from "../storage/clock-store.ts";
import { lockHolds } from "../storage/hold-store.ts";
import { type Settled, settleHolds } from "./settle-holds.ts";

/** What somebody wants to become of a hold that has no offer. */
export interface AskedSettlement {
  readonly hold: string;
  readonly to: "CONFIRMED" | "RELEASED";
  /** Units to confirm; 0: all. */
  readonly units: number;
  /** The id of the hold that keeps the rest; undefined: it goes back. */
  readonly rest: string | undefined;
  /** Whether the version that the caller read is still the hold's. */
  isFresh?(version: number): boolean;
}

/** What became of it. */
export interface SettledHold {
  readonly hold: Hold;
  readonly refusal: HoldRefusal | "ETAG_MISMATCH" | undefined;
  /** The hold that keeps the rest. */
  readonly rest: Hold | undefined;
}

/** Settles holds, each by itself, in one ledger; ids that are not there are left out. */
export async function settleAsked(
  tx: Tx,
  market: string,
  asked: readonly AskedSettlement[],
): Promise<{ readonly byId: ReadonlyMap<string, SettledHold>; readonly settled: Settled }> {
  const clock = await holdClock(tx, market);
  const ids = asked.map(({ hold }) => hold);
  const holds = new Map((await lockHolds(tx, market, ids)).map((hold) => [hold.id, hold]));
  const byId = new Map<string, SettledHold>();
  const settlements: Settlement[] = [];
  for (const one of asked) {
    const hold = holds.get(one.hold);
    if (!hold) continue;
    const verdict = judge(one, hold, clock.time);
    const refusal = verdict === "SETTLE" || verdict === "REPEATED" ? undefined : verdict;
    byId.set(one.hold, { hold, refusal, rest: undefined });
    if (verdict === "SETTLE") settlements.push(settlementOf(one, hold));
  }
  const settled = await settleHolds(tx, market, settlements, clock);
  const rests = new Map(settled.rests.map((rest) => [rest.remainderOf, rest]));
  for (const hold of settled.holds) byId.set(hold.id, { hold, refusal: undefined, rest: rests.get(hold.id) });
  return { byId, settled };
}

// Saying the same again is no change, whichever version was read.
function judge({ to, units, isFresh }: AskedSettlement, hold: Hold, now: Date) {
  if (hold.state === to && (to === "RELEASED" || units === 0 || units === hold.units)) return "REPEATED";
  if (isFresh && !isFresh(hold.version)) return "ETAG_MISMATCH";
  const refusal = to === "CONFIRMED" ? mayConfirm(hold, now, units || hold.units) : mayRelease(hold);
  return refusal ?? "SETTLE";
}

function settlementOf({ to, units, rest }: AskedSettlement, hold: Hold): Settlement {
  if (to === "RELEASED" || units === 0 || units === hold.units) return { hold, to };
  return { hold, to, units, ...(rest !== undefined && { rest }) };
}
