import { bucketOf } from "@marketmesh/postgres";
import type { Sql } from "postgres";

export const market = "ledger";
const supplies = 300;
const demands = 200;

export const supplyIds = Array.from({ length: supplies }, (_, n) => `s${n}`);
export const demandIds = Array.from({ length: demands }, (_, n) => `d${n}`);
export const locations = ["", "north", "south"];

/**
 * Levels as their listings would have made them, with what a market has of everything: plenty, scarcity, no limit, groups. Version 0:
 * nothing was announced of them yet.
 */
export async function insertListings(sql: Sql): Promise<void> {
  const rows = [
    ...supplyIds.map((id, n) => ({
      ...rowOf(id, "SUPPLY", n % 50 === 7 ? 3 : 150, n),
      unlimited: n % 50 === 9,
      exclusive_group: n % 50 === 11 ? "region" : "",
    })),
    ...demandIds.map((id, n) => rowOf(id, "DEMAND", n % 20 === 3 ? 20 : 1_000_000_000, n)),
  ].map((row) => (row.unlimited ? { ...row, catalog_units: 0, on_hand: 0 } : row));
  await insertRows(sql, rows);
}

/** Levels and what their history says of them. */
export async function insertRows(sql: Sql, rows: readonly ReturnType<typeof rowOf>[]): Promise<void> {
  await sql`insert into capacity_levels ${sql(rows)}`;
  const stocked = rows.filter(({ unlimited }) => !unlimited);
  const changes = stocked.map(({ market, bucket, listing_id, on_hand, update_time }) => ({
    ...{ market, bucket, listing_id, version: 0, delta: on_hand, on_hand },
    ...{ reason: "CATALOG", principal: "", create_time: update_time },
  }));
  await sql`insert into capacity_changes ${sql(changes)}`;
}

export function rowOf(id: string, side: "SUPPLY" | "DEMAND", units: number, n: number) {
  return {
    market,
    bucket: bucketOf(id),
    listing_id: id,
    kind: side === "SUPPLY" ? "tool" : "want",
    side,
    ordinal: n,
    ordinal_epoch: 1,
    owner_party: "",
    open: true,
    unlimited: false,
    catalog_units: units,
    on_hand: units,
    exclusive_group: "",
    groups: { region: `r${n % 5}` },
    listing_version: 1,
    version: 0,
    update_time: new Date(),
  };
}
