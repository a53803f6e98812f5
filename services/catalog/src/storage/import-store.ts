import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Import, RowRefusal } from "../domain/import.ts";
import { timeOf } from "./listing-row.ts";

interface ImportRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly kind: string;
  readonly publish: boolean;
  readonly party: string;
  readonly state: "OPEN" | "COMPLETE";
  readonly acknowledged_row: string;
  readonly created_count: string;
  readonly updated_count: string;
  readonly unchanged_count: string;
  readonly refused_count: string;
  readonly last_event_id: string | null;
  readonly create_time: string;
  readonly update_time: string;
}

/** Refused rows kept per import. */
export const errorsKeptMax = 1_000;

const importColumns =
  sql.raw(`market, id, kind, publish, party, state, acknowledged_row, created_count, updated_count,
  unchanged_count, refused_count, last_event_id, extract(epoch from create_time) as create_time,
  extract(epoch from update_time) as update_time`);

export async function findImport(tx: Tx, market: string, id: string): Promise<Import | undefined> {
  const [row] = await tx.execute<ImportRow>(
    sql`select ${importColumns} from imports where ${key(market, id)}`,
  );
  return row && importOf(row);
}

/** Locks an import, before any listing: two streams of one import take turns by chunk. */
export async function lockImport(tx: Tx, market: string, id: string): Promise<Import | undefined> {
  const [row] = await tx.execute<ImportRow>(
    sql`select ${importColumns} from imports where ${key(market, id)} for update`,
  );
  return row && importOf(row);
}

/** Stores a new import; false when the id is taken. */
export async function insertImport(tx: Tx, given: Import): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into imports (market, bucket, id, kind, publish, party, state, acknowledged_row, created_count, updated_count,
      unchanged_count, refused_count, create_time, update_time)
    values (${given.market}, ${bucketOf(given.id)}, ${given.id}, ${given.kind}, ${given.publish}, ${given.party},
      'OPEN', 0, 0, 0, 0, 0, ${given.createTime.toISOString()}, ${given.updateTime.toISOString()})
    on conflict (market, bucket, id) do nothing`);
  return inserted.count === 1;
}

/** Stores how far a locked import came. `announced`: the transaction has announced facts, the last one is remembered. */
export async function saveImport(tx: Tx, given: Import, announced: boolean): Promise<void> {
  const lastEvent = announced
    ? sql`currval(pg_get_serial_sequence('marketmesh.outbox', 'id'))`
    : sql`last_event_id`;
  await tx.execute(sql`
    update imports set state = ${given.state}, acknowledged_row = ${given.acknowledgedRow},
      created_count = ${given.counts.created}, updated_count = ${given.counts.updated},
      unchanged_count = ${given.counts.unchanged}, refused_count = ${given.counts.refused},
      last_event_id = ${lastEvent}, update_time = ${given.updateTime.toISOString()}
    where ${key(given.market, given.id)}`);
}

/** Keeps refused rows of a locked import, as long as there is room for them. */
export async function addImportErrors(tx: Tx, to: Import, refusals: readonly RowRefusal[]): Promise<void> {
  const room = Math.max(0, errorsKeptMax - to.counts.refused);
  const kept = refusals.slice(0, room);
  if (kept.length === 0) return;
  const given = columns(kept, {
    row_number: ["bigint", (refusal) => refusal.row],
    listing_id: ["text", (refusal) => refusal.listingId],
    field: ["text", (refusal) => refusal.field],
    reason: ["text", (refusal) => refusal.reason],
    description: ["text", (refusal) => refusal.description],
  });
  await tx.execute(sql`
    insert into import_errors (market, bucket, import, party, row_number, listing_id, field, reason, description)
    select ${to.market}, ${bucketOf(to.id)}, ${to.id}, ${to.party}, row_number, listing_id, field, reason, description
    from ${given}`);
}

export async function listImportErrors(
  tx: Tx,
  market: string,
  id: string,
  page: { readonly afterRow: number; readonly limit: number },
): Promise<readonly RowRefusal[]> {
  const rows = await tx.execute<
    Record<"row_number" | "listing_id" | "field" | "reason" | "description", string>
  >(sql`
    select row_number, listing_id, field, reason, description from import_errors
    where market = ${market} and bucket = ${bucketOf(id)} and import = ${id} and row_number > ${page.afterRow}
    order by row_number limit ${page.limit}`);
  return rows.map((row) => ({
    row: Number(row.row_number),
    listingId: row.listing_id,
    field: row.field,
    reason: row.reason as RowRefusal["reason"],
    description: row.description,
  }));
}

/**
 * The feed position that holds everything an import has written: where its last fact was stamped. "pending" while it is
 * not; undefined when that fact was purged long ago, so that any current position holds it. Background role.
 */
export async function positionOf(
  tx: Tx,
  lastEventId: bigint,
): Promise<{ readonly epoch: bigint; readonly feedSeq: bigint } | "pending" | undefined> {
  const [row] = await tx.execute<{ feed_epoch: string | null; feed_seq: string | null }>(
    sql`select feed_epoch, feed_seq from marketmesh.outbox where id = ${String(lastEventId)}`,
  );
  if (!row) return undefined;
  if (row.feed_seq === null || row.feed_epoch === null) return "pending";
  return { epoch: BigInt(row.feed_epoch), feedSeq: BigInt(row.feed_seq) };
}

function key(market: string, id: string) {
  return sql`market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`;
}

function importOf(row: ImportRow): Import {
  return {
    market: row.market,
    id: row.id,
    kind: row.kind,
    publish: row.publish,
    party: row.party,
    state: row.state,
    acknowledgedRow: Number(row.acknowledged_row),
    counts: {
      created: Number(row.created_count),
      updated: Number(row.updated_count),
      unchanged: Number(row.unchanged_count),
      refused: Number(row.refused_count),
    },
    lastEventId: row.last_event_id === null ? undefined : BigInt(row.last_event_id),
    createTime: timeOf(row.create_time),
    updateTime: timeOf(row.update_time),
  };
}
