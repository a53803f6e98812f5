import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Place } from "../domain/names.ts";
import type { Issuer } from "../domain/resources.ts";
import { afterId, at, type IdPage, type TimeValue, texts, timeOf } from "./rows.ts";

interface Row extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly issuer_uri: string;
  readonly audiences: string[];
  readonly algorithms: string[];
  readonly party_claim: string;
  readonly create_time: TimeValue;
}

/** False when the id or the URI is taken. */
export async function insertIssuer(tx: Tx, issuer: Issuer): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into issuers (market, id, issuer_uri, audiences, algorithms, party_claim, create_time)
    values (${issuer.place}, ${issuer.id}, ${issuer.issuerUri}, ${texts(issuer.audiences)}, ${texts(issuer.algorithms)},
      ${issuer.partyClaim}, ${at(issuer.createTime)})
    on conflict do nothing`);
  return inserted.count === 1;
}

export async function findIssuer(tx: Tx, place: Place, id: string): Promise<Issuer | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select * from issuers where market = ${place} and bucket = ${bucketOf(id)} and id = ${id}`);
  return row && toIssuer(row);
}

/** The issuer that a token of this `iss` comes from: the market's own registration wins over the platform's. */
export async function findIssuerByUri(tx: Tx, place: Place, issuerUri: string): Promise<Issuer | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select * from issuers where issuer_uri = ${issuerUri} and market in (${place}, '') order by market desc limit 1`);
  return row && toIssuer(row);
}

/** The issuer that was there; undefined when there is none. */
export async function deleteIssuer(tx: Tx, place: Place, id: string): Promise<Issuer | undefined> {
  const [row] = await tx.execute<Row>(sql`
    delete from issuers where market = ${place} and bucket = ${bucketOf(id)} and id = ${id} returning *`);
  return row && toIssuer(row);
}

export async function listIssuers(tx: Tx, place: Place, page: IdPage): Promise<Issuer[]> {
  const rows = await tx.execute<Row>(sql`
    select * from issuers where market = ${place} and ${afterId(page)} order by id limit ${page.limit}`);
  return rows.map(toIssuer);
}

function toIssuer(row: Row): Issuer {
  return {
    place: row.market,
    id: row.id,
    issuerUri: row.issuer_uri,
    audiences: row.audiences,
    algorithms: row.algorithms,
    partyClaim: row.party_claim,
    createTime: timeOf(row.create_time),
  };
}
