import { bucketOf, columns, type Database, openDatabase } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Levels as allocation keeps them, written past catalog: listings are no part of what is measured. */
export async function insertListings(
  database: Database,
  market: string,
  prefix: string,
  listings: number,
  units: number,
): Promise<void> {
  const rows = Array.from({ length: listings }, (_, n) => [
    { id: `${prefix}-s-${n}`, kind: `${prefix}-supply`, side: "SUPPLY", ordinal: n },
    { id: `${prefix}-d-${n}`, kind: `${prefix}-demand`, side: "DEMAND", ordinal: n },
  ]).flat();
  await database.background((tx) =>
    tx.execute(sql`
      insert into capacity_levels (market, bucket, listing_id, kind, side, ordinal, ordinal_epoch, owner_party, open, unlimited,
        catalog_units, on_hand, exclusive_group, groups, listing_version, version, update_time)
      select ${market}, bucket, id, kind, side, ordinal, 1, '', true, false, ${units}, ${units}, '', '{}', 1, 1, now()
      from ${columns(rows, {
        bucket: ["int4", ({ id }) => bucketOf(id)],
        id: ["text", ({ id }) => id],
        kind: ["text", ({ kind }) => kind],
        side: ["text", ({ side }) => side],
        ordinal: ["bigint", ({ ordinal }) => ordinal],
      })}`),
  );
}

/** Listings of which more is held than there is, or other than what their holds say. */
export async function countWrong(database: Database, market: string): Promise<number> {
  const [row] = await database.background((tx) =>
    tx.execute<{ wrong: string }>(sql`
      select count(*) as wrong from capacity_levels l
      left join (
        select listing, sum(units) as units
        from (select demand as listing, units from holds where market = ${market} and state = 'HELD'
          union all select supply, units from holds where market = ${market} and state = 'HELD') claims
        group by listing) held on held.listing = l.listing_id
      where l.market = ${market} and (l.held + l.allocated > l.on_hand or l.held <> coalesce(held.units, 0))`),
  );
  return Number(row!.wrong);
}

export function openAllocationDatabase(env: NodeJS.ProcessEnv): Promise<Database> {
  return openDatabase({ url: env.DATABASE_URL!, backgroundUrl: env.DATABASE_BACKGROUND_URL! });
}
