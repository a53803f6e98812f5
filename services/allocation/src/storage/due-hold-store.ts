import type { Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Hold } from "../domain/hold.ts";
import { type HoldRow, holdFields, holdOf } from "./hold-store.ts";

/** The first `limit` holds that are due by `now`, in (expire_time, id) order, without those left out. Not locked. */
export async function readDueHolds(
  tx: Tx,
  market: string,
  now: Date,
  limit: number,
  leftOut: readonly string[] = [],
): Promise<Hold[]> {
  const rows = await tx.execute<HoldRow>(sql`
    select ${holdFields} from holds h
    where h.market = ${market} and h.state = 'HELD' and h.expire_time <= ${now.toISOString()} ${without(leftOut)}
    order by h.expire_time, h.id limit ${limit}`);
  return rows.map(holdOf);
}

/** When a market's next hold is due. */
export interface NextDue {
  readonly market: string;
  /** Not above 0: it is due. */
  readonly inMs: number;
}

/** Of markets with the real clock that hold something that is not left out, the most urgent first. At most 100. */
export async function readNextDue(tx: Tx, leftOut: readonly string[] = []): Promise<NextDue[]> {
  const rows = await tx.execute<{ market: string; in_ms: number }>(sql`
    with recursive markets(market) as (
      (select market from holds where state = 'HELD' order by market limit 1)
      union all
      select (select h.market from holds h where h.state = 'HELD' and h.market > m.market order by h.market limit 1)
      from markets m where m.market is not null)
    select m.market, (extract(epoch from next.expire_time - now()) * 1000)::float8 as in_ms
    from markets m cross join lateral (
      select h.expire_time from holds h where h.market = m.market and h.state = 'HELD' ${without(leftOut)}
      order by h.expire_time limit 1) next
    where not exists (select from clocks c where c.market = m.market and c.mode = 'SANDBOX')
    order by next.expire_time limit 100`);
  return rows.map((row) => ({ market: row.market, inMs: row.in_ms }));
}

function without(ids: readonly string[]): SQL {
  return ids.length === 0 ? sql`` : sql`and h.id <> all(${sql.param([...ids])}::text[])`;
}

/** Whether nobody else ends due holds of the market; nobody will until the transaction ends. */
export async function tryLockExpiry(tx: Tx, market: string): Promise<boolean> {
  const [row] = await tx.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`expiry/${market}`}, 0)) as locked`,
  );
  return row!.locked;
}
