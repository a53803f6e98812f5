import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Erasure } from "../domain/resources.ts";
import { at, type TimeValue, texts, timeOf } from "./rows.ts";

export interface SealedPartyKey {
  readonly party: string;
  readonly sealedKey: Buffer;
}

interface KeyRow extends Record<string, unknown> {
  readonly party: string;
  readonly sealed_key: Buffer;
}

/** The keys that exist of up to 1,000 parties, in no order. */
export async function findPartyKeys(
  tx: Tx,
  market: string,
  parties: readonly string[],
): Promise<SealedPartyKey[]> {
  const rows = await tx.execute<KeyRow>(sql`
    select party, sealed_key from party_keys where market = ${market} and party = any(${texts(parties)}) limit 1000`);
  return rows.map((row) => ({ party: row.party, sealedKey: row.sealed_key }));
}

/** Keeps keys of parties that are active and have none. Somebody else may have been faster: read again for what counts. */
export async function insertPartyKeys(
  tx: Tx,
  market: string,
  keys: readonly SealedPartyKey[],
  now: Date,
): Promise<void> {
  const sorted = [...keys].sort((a, b) => (a.party < b.party ? -1 : 1));
  const spec = {
    party: ["text", (key: SealedPartyKey) => key.party],
    sealed_key: ["text", (key: SealedPartyKey) => key.sealedKey.toString("base64")],
  } as const;
  // Locking the party keeps an erasure from passing between the check of its state and the new key.
  await tx.execute(sql`
    with active as (
      select p.id from parties p where p.market = ${market} and p.state = 'ACTIVE'
        and p.id = any(${texts(sorted.map((key) => key.party))}) order by p.id for update)
    insert into party_keys (market, party, sealed_key, create_time)
    select ${market}, party, decode(sealed_key, 'base64'), ${at(now)}
    from ${columns(sorted, spec)} where party in (select id from active)
    on conflict do nothing`);
}

export async function deletePartyKey(tx: Tx, market: string, party: string): Promise<void> {
  await tx.execute(sql`
    delete from party_keys where market = ${market} and bucket = ${bucketOf(party)} and party = ${party}`);
}

export async function insertErasure(tx: Tx, erasure: Erasure): Promise<void> {
  await tx.execute(sql`
    insert into erasures (market, party, erase_time) values (${erasure.market}, ${erasure.party}, ${at(erasure.eraseTime)})
    on conflict do nothing`);
}

interface ErasureRow extends Record<string, unknown> {
  readonly market: string;
  readonly party: string;
  readonly erase_time: TimeValue;
}

/** Erasures of one market, or of all when it is undefined, by time, market and party. */
export async function listErasures(
  tx: Tx,
  market: string | undefined,
  page: {
    readonly after: readonly [time: string, market: string, party: string] | undefined;
    readonly limit: number;
  },
): Promise<Erasure[]> {
  const [time, afterMarket, party] = page.after ?? [];
  const rows = await tx.execute<ErasureRow>(sql`
    select * from erasures
    where ${market === undefined ? sql`true` : sql`market = ${market}`}
      and ${page.after ? sql`(erase_time, market, party) > (${time}::timestamptz, ${afterMarket}, ${party})` : sql`true`}
    order by erase_time, market, party limit ${page.limit}`);
  return rows.map((row) => ({ market: row.market, party: row.party, eraseTime: timeOf(row.erase_time) }));
}
