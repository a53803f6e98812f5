import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Remembers which holds are a bundle. */
export async function insertBundle(
  tx: Tx,
  market: string,
  id: string,
  holds: readonly string[],
): Promise<void> {
  await tx.execute(sql`
    insert into bundles (market, bucket, id, holds)
    values (${market}, ${bucketOf(id)}, ${id}, ${JSON.stringify(holds)}::jsonb)`);
}

/** The ids of the holds of bundles, in the order of the components; of unknown bundles none. */
export async function readBundledHolds(
  tx: Tx,
  market: string,
  bundles: readonly string[],
): Promise<string[]> {
  if (bundles.length === 0) return [];
  const rows = await tx.execute<{ holds: readonly string[] }>(sql`
    select b.holds from bundles b join ${columns(bundles, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on b.market = ${market} and b.bucket = given.bucket and b.id = given.id`);
  return rows.flatMap(({ holds }) => holds);
}
