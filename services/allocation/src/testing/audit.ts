import type { Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";

/** A rule that capacity keeps whatever happens: a query of what breaks it, in all markets of the database. */
interface Rule {
  readonly name: string;
  readonly broken: SQL;
}

// Of holds alone, both sides: what should be claimed of each listing and place.
const claims = sql`
  select market, supply as listing_id, coalesce(location, '') as location, coalesce(slot, '') as slot, units, state from holds
  union all
  select market, demand, '', '', coalesce(demand_units, units), state from holds`;

const rules: readonly Rule[] = [
  {
    name: "a level's claims are those of its holds",
    broken: sql`
      with sums as (
        select market, listing_id, coalesce(sum(units) filter (where state = 'HELD'), 0) as held,
          coalesce(sum(units) filter (where state = 'CONFIRMED'), 0) as allocated
        from (${claims}) c group by 1, 2)
      select l.listing_id || ': ' || l.held || '+' || l.allocated || ', by holds ' || coalesce(s.held, 0) || '+'
        || coalesce(s.allocated, 0) as what
      from capacity_levels l left join sums s using (market, listing_id)
      where (l.held, l.allocated) is distinct from (coalesce(s.held, 0), coalesce(s.allocated, 0))`,
  },
  {
    name: "a pool's claims are those of its holds",
    broken: sql`
      with sums as (
        select market, listing_id, location, slot, coalesce(sum(units) filter (where state = 'HELD'), 0) as held,
          coalesce(sum(units) filter (where state = 'CONFIRMED'), 0) as allocated
        from (${claims}) c where location <> '' or slot <> '' group by 1, 2, 3, 4)
      select coalesce(p.listing_id, s.listing_id) || ' at ' || coalesce(p.location, s.location) || '/'
        || coalesce(p.slot, s.slot) as what
      from capacity_pools p full join sums s using (market, listing_id, location, slot)
      where (coalesce(p.held, 0), coalesce(p.allocated, 0))
        is distinct from (coalesce(s.held, 0), coalesce(s.allocated, 0))`,
  },
  {
    name: "a level knows the sums of its pools",
    broken: sql`
      with sums as (
        select market, listing_id, count(*) as pools, sum(on_hand) as on_hand, sum(held) as held, sum(allocated) as allocated
        from capacity_pools group by 1, 2)
      select l.listing_id as what from capacity_levels l left join sums s using (market, listing_id)
      where (l.pool_count, l.pooled_on_hand, l.pooled_held, l.pooled_allocated) is distinct from
        (coalesce(s.pools, 0), coalesce(s.on_hand, 0), coalesce(s.held, 0), coalesce(s.allocated, 0))`,
  },
  {
    name: "nothing is oversold, anywhere",
    broken: sql`
      select listing_id as what from capacity_levels where not unlimited and (held + allocated > on_hand
        or held + allocated - pooled_held - pooled_allocated > on_hand - pooled_on_hand)
      union all
      select listing_id || ' at ' || location || '/' || slot from capacity_pools where held + allocated > on_hand`,
  },
  {
    name: "what is on hand is the sum of its history, at each place",
    broken: sql`
      with moved as (
        select c.market, c.listing_id, m.location, m.slot, m.delta
        from capacity_changes c cross join lateral jsonb_to_recordset(
          coalesce(c.moves, jsonb_build_array(jsonb_build_object('location', '', 'slot', '', 'delta', c.delta))))
          as m(location text, slot text, delta bigint)),
      sums as (select market, listing_id, location, slot, sum(delta) as units from moved group by 1, 2, 3, 4),
      places as (
        select market, listing_id, '' as location, '' as slot, on_hand - pooled_on_hand as units from capacity_levels
        union all select market, listing_id, location, slot, on_hand from capacity_pools)
      select listing_id || ' at ' || location || '/' || slot || ': ' || coalesce(p.units, 0) || ', by history '
        || coalesce(s.units, 0) as what
      from places p full join sums s using (market, listing_id, location, slot)
      where coalesce(p.units, 0) <> coalesce(s.units, 0)
        and not exists (select from capacity_levels l where l.market = coalesce(p.market, s.market)
          and l.listing_id = coalesce(p.listing_id, s.listing_id) and l.unlimited)`,
  },
  {
    name: "a change of the history adds up",
    broken: sql`
      select listing_id || ' version ' || version as what from capacity_changes
      where moves is not null and delta <> (select coalesce(sum((m ->> 'delta')::bigint), 0) from jsonb_array_elements(moves) m)`,
  },
  {
    name: "allocations are the confirmed holds",
    broken: sql`
      select coalesce(h.id, a.id) as what
      from (select * from holds where state = 'CONFIRMED') h full join allocations a using (market, bucket, id)
      where h.id is null or a.id is null or (h.demand, h.supply, h.units) <> (a.demand, a.supply, a.units)`,
  },
  {
    name: "group claims are those of holds",
    broken: sql`
      select coalesce(h.id, g.supply) as what
      from (select * from holds where state in ('HELD', 'CONFIRMED') and group_value is not null) h
        full join group_claims g on g.market = h.market and g.supply = h.supply and g.group_value = h.group_value
      where h.id is null or g.supply is null`,
  },
  {
    name: "a bundle's holds are all there and share their state",
    broken: sql`
      select b.id as what from bundles b
      cross join lateral (select count(*) as holds, count(distinct h.state) as states from holds h
        where h.market = b.market and h.bundle = b.id) found
      where found.states <> 1 or found.holds <> jsonb_array_length(b.holds)
      union all
      select h.id from holds h where h.bundle is not null
        and not exists (select from bundles b where b.market = h.market and b.id = h.bundle)`,
  },
  {
    name: "each version of a hold is announced once",
    broken: sql`
      with told as (
        select market, aggregate_id as id, count(*) as facts, count(distinct version) as versions
        from marketmesh.outbox where feed = 'hold' group by 1, 2)
      select coalesce(h.id, t.id) as what from holds h full join told t using (market, id)
      where (h.version, h.version) is distinct from (t.facts, t.versions)`,
  },
  {
    name: "each version of a level is announced once, the last one too",
    broken: sql`
      with told as (
        select market, aggregate_id as listing_id, count(*) as facts, max(version) as last
        from marketmesh.outbox where feed = 'capacity' group by 1, 2)
      select l.listing_id as what from capacity_levels l left join told t using (market, listing_id)
      where (l.version, l.version) is distinct from (coalesce(t.facts, 0), coalesce(t.last, 0))`,
  },
];

/** What is wrong with capacity, holds and their history, at most 20 of each rule; nothing when all holds. */
export async function brokenCapacity(tx: Tx): Promise<string[]> {
  const found: string[] = [];
  for (const { name, broken } of rules) {
    const rows = await tx.execute<{ what: string }>(sql`${broken} limit 20`);
    for (const { what } of rows) found.push(`not so: ${name}: ${what}`);
  }
  return found;
}
