import type { Tx } from "@marketmesh/postgres";
import { type Hold, type HoldRefusal, holdMsMax, mayRenew } from "../domain/hold.ts";
import { announceChanges } from "../events/outbox.ts";
import { holdClock } from "../storage/clock-store.ts";
import { lockHolds, saveHolds } from "../storage/hold-store.ts";

/** A hold with another time, or why not; `latest` is as long as it may last. */
export type RenewedHold =
  | { readonly ok: true; readonly hold: Hold }
  | {
      readonly ok: false;
      readonly reason: HoldRefusal | "ETAG_MISMATCH" | "EXPIRE_TIME_PAST" | "EXPIRE_TIME_TOO_LATE";
      readonly hold: Hold;
      readonly marketTime: Date;
      readonly latest: Date;
    };

/** Gives a hold that is there another time. The time that it has changes nothing. */
export async function renewHold(
  tx: Tx,
  market: string,
  id: string,
  expireTime: Date,
  isFresh: (version: number) => boolean,
): Promise<RenewedHold> {
  const { time } = await holdClock(tx, market);
  const [hold] = (await lockHolds(tx, market, [id])) as [Hold];
  const latest = new Date(hold.createTime.getTime() + holdMsMax);
  const refused = (reason: Exclude<RenewedHold, { ok: true }>["reason"]) =>
    ({ ok: false, reason, hold, marketTime: time, latest }) as const;
  const refusal = mayRenew(hold, time);
  if (refusal) return refused(refusal);
  if (hold.expireTime.getTime() === expireTime.getTime()) return { ok: true, hold };
  if (!isFresh(hold.version)) return refused("ETAG_MISMATCH");
  if (expireTime <= time) return refused("EXPIRE_TIME_PAST");
  if (expireTime > latest) return refused("EXPIRE_TIME_TOO_LATE");
  const renewed = { ...hold, expireTime, version: hold.version + 1 };
  await saveHolds(tx, market, [renewed]);
  await announceChanges(tx, market, { holds: [renewed] });
  return { ok: true, hold: renewed };
}
