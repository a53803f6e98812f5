import type { Tx } from "@marketmesh/postgres";
import type { Hold } from "../domain/hold.ts";
import { lockHolds } from "../storage/hold-store.ts";
import { lockOverOffers, readOpenHolds, readOverOfferedDemands } from "../storage/over-offer-store.ts";

/** Locked holds, by id, and beside them those that share a demand which is offered more than it wants. */
export interface LockedHolds {
  readonly holds: ReadonlyMap<string, Hold>;
  readonly siblings: readonly Hold[];
}

/** Locks holds that may be offered, and with them all whose claims move when these are settled. After the clock. */
export async function lockOffered(tx: Tx, market: string, ids: readonly string[]): Promise<LockedHolds> {
  const demands = await readOverOfferedDemands(tx, market, ids);
  if (demands.length === 0) {
    const locked = await lockHolds(tx, market, ids);
    return { holds: new Map(locked.map((hold) => [hold.id, hold])), siblings: [] };
  }
  await lockOverOffers(tx, market, demands);
  const open = await readOpenHolds(tx, market, demands);
  const locked = await lockHolds(tx, market, [...new Set([...ids, ...open])]);
  const shared = new Set(demands);
  return {
    holds: new Map(locked.map((hold) => [hold.id, hold])),
    siblings: locked.filter(
      ({ state, offered, demand }) => state === "HELD" && offered && shared.has(demand),
    ),
  };
}
