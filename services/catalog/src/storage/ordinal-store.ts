import { bucketOf, type Database } from "@marketmesh/postgres";
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

/** The epoch of a kind's ordinals, by kind id; 1 for a kind that has no listing yet. Background role. */
export async function ordinalEpochs(
  database: Pick<Database, "background">,
  market: string,
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await database.background((tx) =>
    tx.execute<{ kind: string; epoch: string }>(
      sql`select kind, epoch from ordinal_blocks where market = ${market} limit 10000`,
    ),
  );
  return new Map(rows.map(({ kind, epoch }) => [kind, BigInt(epoch)]));
}
