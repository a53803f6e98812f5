import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { GroupClaim } from "../domain/ledger.ts";
import { inChunks } from "./chunks.ts";

/** The group claims of supplies whose levels are locked: nobody else changes them meanwhile. */
export async function readGroupClaims(
  tx: Tx,
  market: string,
  supplies: readonly string[],
): Promise<GroupClaim[]> {
  if (supplies.length === 0) return [];
  const rows = await tx.execute<{ supply: string; group_value: string }>(sql`
    select g.supply, g.group_value from group_claims g
    join ${columns(supplies, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on g.market = ${market} and g.bucket = given.bucket and g.supply = given.id`);
  return rows.map((row) => ({ supply: row.supply, groupValue: row.group_value }));
}

export async function insertGroupClaims(
  tx: Tx,
  market: string,
  claims: readonly GroupClaim[],
): Promise<void> {
  for (const chunk of inChunks(claims)) {
    await tx.execute(sql`
      insert into group_claims (market, bucket, supply, group_value, units)
      select ${market}, *, 1 from ${columns(chunk, claimColumns)}`);
  }
}

export async function deleteGroupClaims(
  tx: Tx,
  market: string,
  claims: readonly GroupClaim[],
): Promise<void> {
  for (const chunk of inChunks(claims)) {
    await tx.execute(sql`
      delete from group_claims g using ${columns(chunk, claimColumns)}
      where g.market = ${market} and g.bucket = given.bucket and g.supply = given.supply
        and g.group_value = given.group_value`);
  }
}

const claimColumns = {
  bucket: ["int4", (claim: GroupClaim) => bucketOf(claim.supply)],
  supply: ["text", (claim: GroupClaim) => claim.supply],
  group_value: ["text", (claim: GroupClaim) => claim.groupValue],
} as const;
