import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Grant } from "../domain/grant.ts";
import type { Place } from "../domain/names.ts";
import { afterId, at, type IdPage, type TimeValue, timeOf } from "./rows.ts";

const grantsPerPrincipalMax = 1_000;
const grantsPerPartyMax = 1_000;

interface Row extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly principal: string;
  readonly role: string;
  readonly party: string;
  readonly create_time: TimeValue;
}

/** False when the id is taken or the principal holds the role already. */
export async function insertGrant(tx: Tx, grant: Grant): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into grants (market, id, principal, role, party, create_time)
    values (${grant.place}, ${grant.id}, ${grant.principal}, ${grant.role}, ${grant.party}, ${at(grant.createTime)})
    on conflict do nothing`);
  return inserted.count === 1;
}

export async function findGrant(tx: Tx, place: Place, id: string): Promise<Grant | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select * from grants where market = ${place} and bucket = ${bucketOf(id)} and id = ${id}`);
  return row && toGrant(row);
}

/** The grant that was there; undefined when there is none. */
export async function deleteGrant(tx: Tx, place: Place, id: string): Promise<Grant | undefined> {
  const [row] = await tx.execute<Row>(sql`
    delete from grants where market = ${place} and bucket = ${bucketOf(id)} and id = ${id} returning *`);
  return row && toGrant(row);
}

/** The grants that were there, at most 1,000: call again until there are none. */
export async function deleteGrantsOfParty(tx: Tx, market: string, party: string): Promise<Grant[]> {
  const rows = await tx.execute<Row>(sql`
    delete from grants where market = ${market} and party = ${party} and id in (
      select id from grants where market = ${market} and party = ${party} order by id limit ${grantsPerPartyMax})
    returning *`);
  return rows.map(toGrant);
}

/** What a principal holds in one place, by id. */
export async function grantsOf(tx: Tx, place: Place, principal: string): Promise<Grant[]> {
  const rows = await tx.execute<Row>(sql`
    select * from grants where market = ${place} and principal = ${principal} order by id limit ${grantsPerPrincipalMax}`);
  return rows.map(toGrant);
}

/** Empty text in the filter means any. */
export async function listGrants(
  tx: Tx,
  place: Place,
  filter: { readonly principal: string; readonly party: string },
  page: IdPage,
): Promise<Grant[]> {
  const rows = await tx.execute<Row>(sql`
    select * from grants where market = ${place} and ${afterId(page)}
      and (${filter.principal} = '' or principal = ${filter.principal})
      and (${filter.party} = '' or party = ${filter.party})
    order by id limit ${page.limit}`);
  return rows.map(toGrant);
}

function toGrant(row: Row): Grant {
  const { market, id, principal, role, party } = row;
  return { place: market, id, principal, role, party, createTime: timeOf(row.create_time) };
}
