import type { Tx } from "@marketmesh/postgres";
import { type Caller, staleEtag } from "@marketmesh/rpc";
import type { Level } from "../domain/level.ts";
import { gonePools, poolsMax, type StockOutcome, type StockRefusal } from "../domain/stock.ts";
import { announceChanges } from "../events/outbox.ts";
import { isFresh } from "../rpc/etag.ts";
import { nameOf } from "../rpc/names.ts";
import { found, refuse } from "../rpc/problem.ts";
import { appendCapacityChanges, type ChangeKind } from "../storage/capacity-change-store.ts";
import { lockLevels, saveStock } from "../storage/capacity-store.ts";
import { readClock } from "../storage/clock-store.ts";
import { deletePools, savePools } from "../storage/pool-store.ts";

/** A change of one listing's stock, as somebody asked for it. */
export interface AskedChange {
  readonly market: string;
  readonly listing: string;
  readonly kind: ChangeKind;
  readonly reason: string;
  readonly etag: string;
}

/** The times that a change is made at: the wall's, and the market's, which slots are judged by. */
export interface ChangeTimes {
  readonly now: Date;
  readonly marketTime: Date;
}

/**
 * Changes the stock of one listing: locks its level, lets the domain decide, writes level, pools and history and announces the
 * level. Every change of what is on hand that a caller asks for comes through here.
 */
export async function changeStock(
  tx: Tx,
  caller: Caller,
  asked: AskedChange,
  change: (level: Level, times: ChangeTimes) => StockOutcome,
): Promise<Level> {
  const { market, kind, reason } = asked;
  const name = nameOf(market, "listings", asked.listing);
  const { wallTime: now, time: marketTime } = await readClock(tx, market);
  const [locked] = await lockLevels(tx, market, [asked.listing]);
  const before = found(locked, caller, "CAPACITY_NOT_FOUND", name);
  if (!isFresh(asked.etag, before.version)) throw staleEtag(name);
  const outcome = change(before, { now, marketTime });
  if (!outcome.ok) throw refusalOf(outcome, name);
  const { level, moves } = outcome;
  await saveStock(tx, market, level);
  await savePools(tx, market, changedPools(before, level));
  const gone = gonePools(before, level).map((pool) => ({ listingId: level.listingId, pool }));
  await deletePools(tx, market, gone);
  const { listingId, version, onHand } = level;
  const delta = onHand - before.onHand;
  const { principal } = caller;
  const done = { listingId, version, delta, onHand, reason, principal, createTime: now, kind, moves };
  await appendCapacityChanges(tx, market, [done]);
  await announceChanges(tx, market, { levels: [level] });
  return level;
}

function changedPools(before: Level, { listingId, pools }: Level) {
  const known = new Set(before.pools);
  return pools.filter((pool) => !known.has(pool)).map((pool) => ({ listingId, pool }));
}

const messages = {
  CAPACITY_UNLIMITED: "the listing is unlimited",
  CAPACITY_BELOW_CLAIMS: "fewer units would be there than are held and allocated",
  POOL_NOT_FOUND: "the listing has no such location or slot",
  POOLS_EXHAUSTED: `the listing would have more than ${poolsMax} locations and slots`,
  SLOT_CLAIMED: "the slot has claims",
} as const satisfies Record<StockRefusal["reason"], string>;

function refusalOf({ reason, place: { location, slot }, units }: StockRefusal, listing: string) {
  const claimed = units ? units.held + units.allocated : 0;
  const claims = units && {
    claimed: String(claimed),
    held: String(units.held),
    allocated: String(units.allocated),
    allowed: String(claimed),
  };
  const limit = reason === "POOLS_EXHAUSTED" && { limit: String(poolsMax) };
  return refuse(reason, messages[reason], { listing, location, slot, ...claims, ...limit });
}
