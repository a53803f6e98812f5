import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Side } from "../domain/level.ts";
import type { SnapshotLevel } from "../domain/round-snapshot.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Keeps one side of a round's snapshot, as gzipped JSON. */
export async function insertSnapshot(
  tx: Tx,
  market: string,
  round: string,
  side: Side,
  levels: readonly SnapshotLevel[],
): Promise<void> {
  const content = await compress(JSON.stringify(levels), { level: 1 });
  await tx.execute(sql`
    insert into round_snapshots (market, bucket, round, side, content)
    values (${market}, ${bucketOf(round)}, ${round}, ${side}, ${content})`);
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
