import { bucketOf, type Database, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Numbers `from` to `from + count - 1`, nobody else's for ever. */
export interface OrdinalBlock {
  readonly epoch: bigint;
  readonly from: number;
  readonly count: number;
}

/** Leases the next numbers of a kind, in a transaction of its own: writers of listings don't wait for each other. */
export async function leaseOrdinals(
  database: Pick<Database, "background">,
  market: string,
  kind: string,
  count: number,
): Promise<OrdinalBlock> {
  const row = await database.background(async (tx) => {
    const [leased] = await tx.execute<{ epoch: string; next: string }>(sql`
      insert into ordinal_blocks as b (market, bucket, kind, next) values (${market}, ${bucketOf(kind)}, ${kind}, ${count})
      on conflict (market, bucket, kind) do update set next = b.next + excluded.next
      returning epoch, next`);
    return leased;
  });
  if (!row) throw new Error(`no ordinals for the kind ${kind} of ${market}`);
  return { epoch: BigInt(row.epoch), from: Number(row.next) - count, count };
}

/** The epoch of a kind's ordinals; 1 for a kind that has no listing yet. */
export async function ordinalEpochOf(tx: Tx, market: string, kind: string): Promise<bigint> {
  const [row] = await tx.execute<{ epoch: string }>(sql`
    select epoch from ordinal_blocks where market = ${market} and bucket = ${bucketOf(kind)} and kind = ${kind}`);
  return BigInt(row?.epoch ?? 1);
}
