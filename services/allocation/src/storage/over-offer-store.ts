import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Demands of these offers that are offered more than they want, ascending. */
export async function readOverOfferedDemands(
  tx: Tx,
  market: string,
  offers: readonly string[],
): Promise<string[]> {
  if (offers.length === 0) return [];
  const rows = await tx.execute<{ demand: string }>(sql`
    select distinct o.demand from offers o
    join ${columns(offers, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on o.market = ${market} and o.bucket = given.bucket and o.id = given.id
    where o.rules @> '{"over": true}' order by o.demand`);
  return rows.map(({ demand }) => demand);
}

/**
 * Until the transaction ends nobody else answers or makes offers for these demands, which are offered more than they want.
 * Taken after the clock and before holds, in the order given: ascending.
 */
export async function lockOverOffers(tx: Tx, market: string, demands: readonly string[]): Promise<void> {
  if (demands.length === 0) return;
  await tx.execute(sql`
    with keys as materialized (
      select hashtextextended(${`over/${market}/`} || demand, 0) as key
      from unnest(${sql.param([...demands])}::text[]) with ordinality as given(demand, nth) order by nth)
    select pg_advisory_xact_lock(key) from keys`);
}

/** The ids of holds that wait for an answer, of demands that `lockOverOffers` locked. */
export async function readOpenHolds(tx: Tx, market: string, demands: readonly string[]): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select id from holds where market = ${market} and state = 'HELD' and offered
      and demand = any(${sql.param([...demands])}::text[])`);
  return rows.map(({ id }) => id);
}

/** Which of these demands have an offer that waits and claims units of them. */
export async function readClaimedDemands(
  tx: Tx,
  market: string,
  demands: readonly string[],
): Promise<Set<string>> {
  if (demands.length === 0) return new Set();
  const rows = await tx.execute<{ demand: string }>(sql`
    select distinct demand from holds where market = ${market} and state = 'HELD' and offered
      and demand_units is distinct from 0 and demand = any(${sql.param([...demands])}::text[])`);
  return new Set(rows.map(({ demand }) => demand));
}
