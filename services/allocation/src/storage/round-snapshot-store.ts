import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Side } from "../domain/level.ts";
import type { SnapshotLevel } from "../domain/round-snapshot.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Both sides of a round's snapshot as gzipped JSON. */
export type CompressedSnapshot = Readonly<Record<Side, Uint8Array>>;

/** Compresses outside of any transaction, and off the main thread. */
export async function compressSnapshot(snapshot: {
  readonly demands: readonly SnapshotLevel[];
  readonly supplies: readonly SnapshotLevel[];
}): Promise<CompressedSnapshot> {
  const packed = (levels: readonly SnapshotLevel[]) => compress(JSON.stringify(levels), { level: 1 });
  const [DEMAND, SUPPLY] = await Promise.all([packed(snapshot.demands), packed(snapshot.supplies)]);
  return { DEMAND, SUPPLY };
}

export async function insertSnapshot(
  tx: Tx,
  market: string,
  round: string,
  snapshot: CompressedSnapshot,
): Promise<void> {
  for (const side of ["DEMAND", "SUPPLY"] as const) {
    await tx.execute(sql`
      insert into round_snapshots (market, bucket, round, side, content)
      values (${market}, ${bucketOf(round)}, ${round}, ${side}, ${snapshot[side]})`);
  }
}

export async function readSnapshot(
  tx: Tx,
  market: string,
  round: string,
  side: Side,
): Promise<SnapshotLevel[]> {
  const [row] = await tx.execute<{ content: Uint8Array }>(sql`
    select content from round_snapshots
    where market = ${market} and bucket = ${bucketOf(round)} and round = ${round} and side = ${side}`);
  if (!row) throw new Error(`round ${round} has no snapshot of its ${side}`);
  return JSON.parse((await decompress(row.content)).toString()) as SnapshotLevel[];
}
