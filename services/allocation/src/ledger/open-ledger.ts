import type { Tx } from "@marketmesh/postgres";
import { Ledger } from "../domain/ledger.ts";
import type { Level } from "../domain/level.ts";
import { defaultPlace } from "../domain/pool.ts";
import { appendCapacityChanges } from "../storage/capacity-change-store.ts";
import { lockLevels, saveClaims } from "../storage/capacity-store.ts";
import { readClock } from "../storage/clock-store.ts";
import { deleteGroupClaims, insertGroupClaims, readGroupClaims } from "../storage/group-claim-store.ts";
import { savePools } from "../storage/pool-store.ts";

/** Locks the levels of these listings, in the one order, and reads the group claims they guard. */
export async function openLedger(tx: Tx, market: string, listingIds: Iterable<string>): Promise<Ledger> {
  const levels = await lockLevels(tx, market, listingIds);
  const exclusive = levels.filter((level) => level.side === "SUPPLY" && level.exclusiveGroup !== "");
  // A statement of its own: only one that starts after the locks are held sees what their former holders committed.
  const groups = await readGroupClaims(
    tx,
    market,
    exclusive.map((level) => level.listingId),
  );
  return new Ledger(levels, groups, await timeFor(tx, market, levels));
}

/** The market's time where an embargo or a slot is judged by it; most ledgers hold neither. */
async function timeFor(tx: Tx, market: string, levels: readonly Level[]): Promise<Date> {
  const timed = levels.some(({ embargoUntil, poolCount }) => embargoUntil || poolCount > 0);
  return timed ? (await readClock(tx, market)).time : new Date(0);
}

/** Writes what the ledger decided; returns the changed levels, to be announced. */
export async function saveLedger(tx: Tx, market: string, ledger: Ledger, now: Date): Promise<Level[]> {
  const levels = ledger.changedLevels(now);
  await saveClaims(tx, market, levels);
  await savePools(tx, market, ledger.changedPools());
  await insertGroupClaims(tx, market, ledger.newGroupClaims());
  await deleteGroupClaims(tx, market, ledger.goneGroupClaims());
  const corrections = ledger.onHandChanges(now).map(({ level, delta }) => ({
    listingId: level.listingId,
    version: level.version,
    delta,
    onHand: level.onHand,
    reason: "CATALOG",
    principal: "",
    createTime: now,
    kind: "CATALOG" as const,
    moves: [{ ...defaultPlace, delta }],
  }));
  await appendCapacityChanges(tx, market, corrections);
  return levels;
}
