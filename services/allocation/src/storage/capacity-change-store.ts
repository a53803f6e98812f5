import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { defaultPlace } from "../domain/pool.ts";
import type { Move } from "../domain/stock.ts";
import { inChunks } from "./chunks.ts";
import { dateOf, type Timestamp } from "./time.ts";

/** What was done to what is on hand. */
export type ChangeKind =
  | "CATALOG"
  | "ADJUST"
  | "RECEIVE"
  | "CORRECT"
  | "WRITE_OFF"
  | "TRANSFER"
  | "COUNT"
  | "SLOTS"
  | "EMBARGO";

/** One change of what is on hand, or of when it may be claimed. */
export interface CapacityChange {
  readonly listingId: string;
  readonly version: number;
  readonly delta: number;
  readonly onHand: number;
  readonly reason: string;
  readonly principal: string;
  readonly createTime: Date;
  readonly kind: ChangeKind;
  /** What each place gained or lost; `delta` is the sum. */
  readonly moves: readonly Move[];
}

export async function appendCapacityChanges(
  tx: Tx,
  market: string,
  changes: readonly CapacityChange[],
): Promise<void> {
  for (const chunk of inChunks(changes)) {
    await tx.execute(sql`
      insert into capacity_changes (market, bucket, listing_id, version, delta, on_hand, reason, principal, create_time,
        kind, moves)
      select ${market}, * from ${columns(chunk, {
        bucket: ["int4", (change) => bucketOf(change.listingId)],
        listing_id: ["text", (change) => change.listingId],
        version: ["bigint", (change) => change.version],
        delta: ["bigint", (change) => change.delta],
        on_hand: ["bigint", (change) => change.onHand],
        reason: ["text", (change) => change.reason],
        principal: ["text", (change) => change.principal],
        create_time: ["timestamptz", (change) => change.createTime],
        kind: ["text", (change) => change.kind],
        moves: ["jsonb", (change) => JSON.stringify(change.moves)],
      })}`);
  }
}

interface ChangeRow extends Record<string, unknown> {
  readonly listing_id: string;
  readonly version: string;
  readonly delta: string;
  readonly on_hand: string;
  readonly reason: string;
  readonly principal: string;
  readonly create_time: Timestamp;
  readonly kind: ChangeKind | null;
  readonly moves: readonly Move[] | null;
}

/** Corrections of one listing, latest first, of versions below `before`. */
export async function listCapacityChanges(
  tx: Tx,
  market: string,
  listingId: string,
  before: number,
  limit: number,
): Promise<CapacityChange[]> {
  const rows = await tx.execute<ChangeRow>(sql`
    select listing_id, version, delta, on_hand, reason, principal, create_time, kind, moves from capacity_changes
    where market = ${market} and bucket = ${bucketOf(listingId)} and listing_id = ${listingId} and version < ${before}
    order by version desc limit ${limit}`);
  return rows.map((row) => ({
    listingId: row.listing_id,
    version: Number(row.version),
    delta: Number(row.delta),
    onHand: Number(row.on_hand),
    reason: row.reason,
    principal: row.principal,
    createTime: dateOf(row.create_time),
    kind: row.kind ?? (row.principal === "" ? "CATALOG" : "ADJUST"),
    moves: row.moves ?? [{ ...defaultPlace, delta: Number(row.delta) }],
  }));
}
