import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Party } from "../domain/resources.ts";
import { afterId, at, type IdPage, type TimeValue, texts, timeOf } from "./rows.ts";

interface Row extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly display_name: string;
  readonly state: Party["state"];
  readonly version: string;
  readonly create_time: TimeValue;
  readonly update_time: TimeValue;
}

/** False when the id is taken. */
export async function insertParty(tx: Tx, party: Party): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into parties (market, id, display_name, state, version, create_time, update_time)
    values (${party.market}, ${party.id}, ${party.displayName}, ${party.state}, ${String(party.version)},
      ${at(party.createTime)}, ${at(party.updateTime)})
    on conflict do nothing`);
  return inserted.count === 1;
}

/** A party that an upsert created (version 1) or changed. */
export interface UpsertedParty {
  readonly id: string;
  readonly displayName: string;
}

/**
 * Creates parties, or renames those that have another name; erased ones are left alone. Gives those that it wrote.
 * Rows are locked in the order of their ids, so that two batches can't deadlock.
 */
export async function upsertParties(
  tx: Tx,
  market: string,
  parties: readonly UpsertedParty[],
  now: Date,
): Promise<Party[]> {
  const sorted = [...parties].sort((a, b) => (a.id < b.id ? -1 : 1));
  const rows = await tx.execute<Row>(sql`
    insert into parties (market, id, display_name, state, version, create_time, update_time)
    select ${market}, id, display_name, 'ACTIVE', 1, ${at(now)}, ${at(now)}
    from ${columns(sorted, { id: ["text", (party) => party.id], display_name: ["text", (party) => party.displayName] })}
    on conflict (market, bucket, id) do update
      set display_name = excluded.display_name, version = parties.version + 1, update_time = excluded.update_time
      where parties.state = 'ACTIVE' and parties.display_name <> excluded.display_name
    returning *`);
  return rows.map(toParty);
}

export async function findParty(tx: Tx, market: string, id: string): Promise<Party | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select * from parties where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
  return row && toParty(row);
}

export async function lockParty(tx: Tx, market: string, id: string): Promise<Party | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select * from parties where market = ${market} and bucket = ${bucketOf(id)} and id = ${id} for update`);
  return row && toParty(row);
}

/** Those that exist of up to 1,000, in no order. */
export async function findParties(tx: Tx, market: string, ids: readonly string[]): Promise<Party[]> {
  const rows = await tx.execute<Row>(sql`
    select * from parties where market = ${market} and id = any(${texts(ids)}) limit 1000`);
  return rows.map(toParty);
}

export async function saveParty(tx: Tx, party: Party): Promise<void> {
  await tx.execute(sql`
    update parties set display_name = ${party.displayName}, state = ${party.state}, version = ${String(party.version)},
      update_time = ${at(party.updateTime)}
    where market = ${party.market} and bucket = ${bucketOf(party.id)} and id = ${party.id}`);
}

/** Forgets the remembered answers of the transaction's market that may hold the party's name, whoever they were given to. */
export async function forgetAnswersAbout(tx: Tx, id: string): Promise<void> {
  await tx.execute(sql`select forget_answers_about(${id})`);
}

export async function listParties(tx: Tx, market: string, page: IdPage): Promise<Party[]> {
  const rows = await tx.execute<Row>(sql`
    select * from parties where market = ${market} and ${afterId(page)} order by id limit ${page.limit}`);
  return rows.map(toParty);
}

function toParty(row: Row): Party {
  return {
    market: row.market,
    id: row.id,
    displayName: row.display_name,
    state: row.state,
    version: BigInt(row.version),
    createTime: timeOf(row.create_time),
    updateTime: timeOf(row.update_time),
  };
}
