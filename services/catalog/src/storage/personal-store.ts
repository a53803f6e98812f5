import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** The personal attributes of one listing, sealed. */
export interface SealedAttributes {
  /** The listing's id. */
  readonly id: string;
  /** Party id. */
  readonly owner: string;
  readonly sealed: Buffer;
  readonly fingerprint: Buffer;
}

/** Stores personal attributes of locked listings, in place of what was there. */
export async function savePersonal(tx: Tx, market: string, rows: readonly SealedAttributes[]): Promise<void> {
  if (rows.length === 0) return;
  const given = columns(rows, {
    bucket: ["smallint", (row) => bucketOf(row.id)],
    id: ["text", (row) => row.id],
    owner: ["text", (row) => row.owner],
    sealed: ["bytea", (row) => row.sealed],
    fingerprint: ["bytea", (row) => row.fingerprint],
  });
  await tx.execute(sql`
    insert into listing_personal (market, bucket, id, owner, sealed, fingerprint)
    select ${market}, bucket, id, owner, sealed, fingerprint from ${given}
    on conflict (market, bucket, id) do update set sealed = excluded.sealed, fingerprint = excluded.fingerprint`);
}

/** Removes the personal attributes of locked listings. */
export async function removePersonal(tx: Tx, market: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const given = columns(ids, { bucket: ["smallint", bucketOf], id: ["text", (id) => id] });
  await tx.execute(sql`
    delete from listing_personal p using ${given}
    where p.market = ${market} and p.bucket = given.bucket and p.id = given.id`);
}

/** Removes what an erased party left: it can't be read any more. At most `rowsMax`; returns how many. Background role. */
export async function removePersonalOf(
  tx: Tx,
  market: string,
  owner: string,
  rowsMax: number,
): Promise<number> {
  const gone = await tx.execute(sql`
    delete from listing_personal where ctid = any(array(
      select ctid from listing_personal where market = ${market} and owner = ${owner} limit ${rowsMax}))`);
  return gone.count;
}
