import { sql } from "drizzle-orm";
import type { Tx } from "./database.ts";

/** How far a caller's token reaches. */
export type Reach = "PLATFORM" | "MARKET" | "PARTY";

/** Whose eyes a transaction has: every row it reads or writes passes row level security as this caller. */
export interface Scope {
  /** The market's id, without `markets/`. Empty sees no market's rows. */
  readonly market: string;
  readonly reach: Reach;
  /** The principal's resource name, for example `serviceAccounts/importer`. */
  readonly principal: string;
  /** The party's id within the market; empty unless the reach is PARTY. */
  readonly party: string;
}

/** The part of an authenticated caller that decides what rows it sees. */
export interface ScopedCaller {
  readonly principal: string;
  readonly reach: Reach;
  readonly market?: string | undefined;
  readonly party?: string | undefined;
}

/**
 * The scope in which a caller works on a market.
 *
 * The interceptor has already refused a token of another market; a mismatch here is a fault of ours, so it throws.
 */
export function scopeOf(caller: ScopedCaller, market: string): Scope {
  if (caller.reach !== "PLATFORM" && caller.market !== market) {
    throw new Error(`a caller of market ${caller.market ?? "(none)"} may not work on market ${market}`);
  }
  if (caller.reach === "PARTY" && !caller.party) throw new Error("a caller of party reach has no party");
  return { market, reach: caller.reach, principal: caller.principal, party: caller.party ?? "" };
}

/**
 * From here on the transaction has the market's hands: what a party may do was checked with its own eyes, but carrying it out
 * touches rows that it may not see. The principal stays.
 */
export async function actAsMarket(tx: Tx): Promise<void> {
  await tx.execute(
    sql`select set_config('marketmesh.reach', 'MARKET', true), set_config('marketmesh.party', '', true)`,
  );
}
