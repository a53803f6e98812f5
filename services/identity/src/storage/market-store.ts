import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Market } from "../domain/resources.ts";
import { at, type TimeValue, timeOf } from "./rows.ts";

interface Row extends Record<string, unknown> {
  readonly market: string;
  readonly display_name: string;
  readonly version: string;
  readonly create_time: TimeValue;
  readonly update_time: TimeValue;
}

/** False when the id is taken. */
export async function insertMarket(tx: Tx, market: Market): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into markets (market, display_name, version, create_time, update_time)
    values (${market.id}, ${market.displayName}, ${String(market.version)}, ${at(market.createTime)}, ${at(market.updateTime)})
    on conflict do nothing`);
  return inserted.count === 1;
}

export async function findMarket(tx: Tx, id: string): Promise<Market | undefined> {
  const [row] = await tx.execute<Row>(sql`select * from markets where market = ${id}`);
  return row && toMarket(row);
}

export async function lockMarket(tx: Tx, id: string): Promise<Market | undefined> {
  const [row] = await tx.execute<Row>(sql`select * from markets where market = ${id} for update`);
  return row && toMarket(row);
}

/** Markets are never deleted, so one that was seen stays. The platform always exists. */
export async function placeExists(tx: Tx, place: string): Promise<boolean> {
  if (place === "") return true;
  const rows = await tx.execute(sql`select 1 from markets where market = ${place}`);
  return rows.length === 1;
}

export async function saveMarket(tx: Tx, market: Market): Promise<void> {
  await tx.execute(sql`
    update markets set display_name = ${market.displayName}, version = ${String(market.version)}, update_time = ${at(market.updateTime)}
    where market = ${market.id}`);
}

export async function listMarkets(
  tx: Tx,
  page: { readonly afterId: string | undefined; readonly limit: number },
): Promise<Market[]> {
  const rows = await tx.execute<Row>(sql`
    select * from markets where market > ${page.afterId ?? ""} order by market limit ${page.limit}`);
  return rows.map(toMarket);
}

function toMarket(row: Row): Market {
  return {
    id: row.market,
    displayName: row.display_name,
    version: BigInt(row.version),
    createTime: timeOf(row.create_time),
    updateTime: timeOf(row.update_time),
  };
}
