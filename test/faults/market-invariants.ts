import type { Sql } from "postgres";
import type { FaultMesh } from "./fault-mesh.ts";

/** A rule that must hold for a market whose job has ended: a query of what breaks it. */
interface Rule {
  readonly name: string;
  broken(sql: Sql, market: string): PromiseLike<readonly { what: string }[]>;
}

const stateOfOffer = `case h.state when 'HELD' then 'MADE' when 'CONFIRMED' then 'ACCEPTED' else '' end`;

const allocationRules: readonly Rule[] = [
  {
    name: "a level equals its claims",
    broken: (sql, market) => sql`
      with claims as (
        select demand as listing_id, coalesce(demand_units, units) as units, state from holds where market = ${market}
        union all select supply, units, state from holds where market = ${market}),
      sums as (
        select listing_id, coalesce(sum(units) filter (where state = 'HELD'), 0) as held,
          coalesce(sum(units) filter (where state = 'CONFIRMED'), 0) as allocated from claims group by 1)
      select l.listing_id || ' held ' || l.held || ' allocated ' || l.allocated as what
      from capacity_levels l left join sums s using (listing_id)
      where l.market = ${market}
        and (l.held, l.allocated) is distinct from (coalesce(s.held, 0), coalesce(s.allocated, 0))`,
  },
  {
    name: "nothing is allocated above what there is",
    broken: (sql, market) => sql`
      select listing_id as what from capacity_levels
      where market = ${market} and not unlimited and held + allocated > on_hand`,
  },
  {
    name: "no pair is allocated twice",
    broken: (sql, market) => sql`
      select demand || ' ' || supply as what from allocations
      where market = ${market} group by demand, supply having count(*) > 1`,
  },
  {
    name: "every offer is settled",
    broken: (sql, market) => sql`select id as what from offers where market = ${market} and state = 'MADE'`,
  },
  {
    name: "offers agree with their holds",
    broken: (sql, market) => sql`
      select coalesce(h.id, o.id) || ' ' || coalesce(h.state, '-') || ' ' || coalesce(o.state, '-') as what
      from (select * from holds where market = ${market} and offered) h
        full join (select * from offers where market = ${market}) o using (id)
      where h.id is null or o.id is null or (h.state = 'EXPIRED') <> (o.state = 'EXPIRED')
        or (h.state = 'RELEASED') <> (o.state in ('DECLINED', 'RESCINDED'))
        or ${sql.unsafe(stateOfOffer)} not in ('', o.state)`,
  },
  {
    name: "allocations are the confirmed holds",
    broken: (sql, market) => sql`
      select coalesce(h.id, a.id) as what
      from (select * from holds where market = ${market} and state = 'CONFIRMED') h
        full join (select * from allocations where market = ${market}) a using (id)
      where h.id is null or a.id is null or (h.demand, h.supply, h.units) <> (a.demand, a.supply, a.units)`,
  },
  {
    name: "every round is settled and held what it solved once",
    broken: (sql, market) => sql`
      select id || ' ' || state || ' ' || failure as what from rounds r where market = ${market}
        and (state <> 'SETTLED' or pairs_committed <> pairs_count
          or hold_count <> (select count(*) from holds h where h.market = r.market and h.round = r.id))`,
  },
];

const fulfillmentRules: readonly Rule[] = [
  {
    name: "every run has ended",
    broken: (sql, market) => sql`
      select id || ' ' || status || ' ' || stage as what from runs
      where market = ${market} and status not in ('COMPLETED', 'CANCELLED')`,
  },
  {
    name: "no subject has two runs of a workflow",
    broken: (sql, market) => sql`
      select workflow || ' ' || subject as what from runs where market = ${market} and subject <> ''
      group by workflow, subject having count(*) > 1`,
  },
];

/** What is wrong with a market whose job has ended; nothing when all holds. */
export async function brokenInMarket(mesh: Pick<FaultMesh, "sql">, market: string): Promise<string[]> {
  const check = (service: string, rules: readonly Rule[]) =>
    mesh.sql(service, async (sql) => {
      const found: string[] = [];
      for (const { name, broken } of rules) {
        for (const { what } of await broken(sql, market)) found.push(`${market}: not so: ${name}: ${what}`);
      }
      return found;
    });
  const found = [await check("allocation", allocationRules), await check("fulfillment", fulfillmentRules)];
  return found.flat();
}
