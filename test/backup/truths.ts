import type { RunningServices } from "@marketmesh/testkit";
import { type Databases, inDatabase } from "./restorable-mesh.ts";

/** What must hold in a market whatever was restored. Empty when all does. */
export async function brokenTruths(databases: Databases): Promise<string[]> {
  const ofAllocation = await inDatabase(databases, "allocation", async (sql) => [
    ...(await sql`
      select 'level ' || l.listing_id || ' has other claims than its holds' as what from capacity_levels l
      left join (select market, listing_id, sum(units) filter (where state = 'HELD') as held,
          sum(units) filter (where state = 'CONFIRMED') as allocated
        from (select market, demand as listing_id, units, state from holds
          union all select market, supply, units, state from holds) c group by 1, 2) c using (market, listing_id)
      where (l.held, l.allocated) <> (coalesce(c.held, 0), coalesce(c.allocated, 0))`),
    ...(await sql`
      select 'offer ' || coalesce(h.id, o.id) || ' does not fit its hold' as what
      from (select * from holds where offered) h full join offers o using (market, id)
      where h.id is null or o.id is null or (h.state = 'HELD') <> (o.state = 'MADE')
        or (h.state = 'CONFIRMED') <> (o.state = 'ACCEPTED')`),
    ...(await sql`
      select 'allocation ' || coalesce(h.id, a.id) || ' does not fit its hold' as what
      from (select * from holds where state = 'CONFIRMED') h full join allocations a using (market, id)
      where h.id is null or a.id is null`),
    ...(await sql`
      select 'pair ' || demand || ' ' || supply || ' is allocated twice' as what from allocations
      group by market, demand, supply having count(*) > 1`),
  ]);
  const ofFulfillment = await inDatabase(databases, "fulfillment", async (sql) => [
    ...(await sql`
      select 'run ' || r.id || ' has ' || r.step_count || ' steps and ' || count(h.step) || ' in its history' as what
      from runs r left join run_history h on (h.market, h.run) = (r.market, r.id)
      group by r.market, r.bucket, r.id having r.step_count <> count(h.step)`),
    ...(await sql`
      select 'run ' || r.id || ' has ended and its call of ' || c.method || ' has not' as what
      from runs r join pending_calls c on (c.market, c.run) = (r.market, r.id) where r.end_time is not null`),
    ...(await sql`select 'subject ' || subject || ' is carried out twice' as what from runs
      where subject <> '' group by market, workflow, subject having count(*) > 1`),
  ]);
  return [...ofAllocation, ...ofFulfillment].map(({ what }) => String(what));
}

/** Listing facts, by epoch and event id: what catalog announced, and what allocation's subscription recorded. */
export async function listingFacts(
  databases: Databases,
): Promise<{ announced: string[]; recorded: string[] }> {
  const keys = (rows: readonly { key: string }[]) => rows.map(({ key }) => key).sort();
  const announced = await inDatabase(
    databases,
    "catalog",
    (sql) => sql<{ key: string }[]>`
    select coalesce(feed_epoch, 0) || '/' || id as key from marketmesh.outbox where feed = 'listing'`,
  );
  const recorded = await inDatabase(
    databases,
    "allocation",
    (sql) => sql<{ key: string }[]>`
    select feed_epoch || '/' || event_id as key from marketmesh.inbox
    where subscription = 'capacity-of-listings' and feed = 'listing'`,
  );
  return { announced: keys(announced), recorded: keys(recorded) };
}

/** Version of each listing: as catalog has it, and as its capacity level has it. */
export async function listingVersions(databases: Databases) {
  const listings = await inDatabase(
    databases,
    "catalog",
    (sql) => sql`
    select market, id, version::int as version from listings order by market, id`,
  );
  const levels = await inDatabase(
    databases,
    "allocation",
    (sql) => sql`
    select market, listing_id as id, listing_version::int as version from capacity_levels order by market, listing_id`,
  );
  return { listings: [...listings], levels: [...levels] };
}

/** A service's projections: the checksum and the number of listings of each kind, as its metrics tell. */
export async function projections(services: RunningServices["services"], name: string): Promise<string[]> {
  const text = await (await fetch(`${services.get(name)!.metricsUrl}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => /^(marketmesh_)?listing_projection_checksum\{/.test(line))
    .sort();
}
