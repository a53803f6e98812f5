import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Place } from "../domain/names.ts";
import type { ServiceAccount } from "../domain/resources.ts";
import { afterId, at, type IdPage, type TimeValue, timeOf } from "./rows.ts";

interface Row extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly display_name: string;
  readonly state: ServiceAccount["state"];
  readonly version: string;
  readonly create_time: TimeValue;
  readonly update_time: TimeValue;
}

/** False when the id is taken. */
export async function insertServiceAccount(tx: Tx, account: ServiceAccount): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into service_accounts (market, id, display_name, state, version, create_time, update_time)
    values (${account.place}, ${account.id}, ${account.displayName}, ${account.state}, ${String(account.version)},
      ${at(account.createTime)}, ${at(account.updateTime)})
    on conflict do nothing`);
  return inserted.count === 1;
}

export async function findServiceAccount(
  tx: Tx,
  place: Place,
  id: string,
): Promise<ServiceAccount | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select * from service_accounts where market = ${place} and bucket = ${bucketOf(id)} and id = ${id}`);
  return row && toServiceAccount(row);
}

export async function lockServiceAccount(
  tx: Tx,
  place: Place,
  id: string,
): Promise<ServiceAccount | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select * from service_accounts where market = ${place} and bucket = ${bucketOf(id)} and id = ${id} for update`);
  return row && toServiceAccount(row);
}

export async function saveServiceAccount(tx: Tx, account: ServiceAccount): Promise<void> {
  await tx.execute(sql`
    update service_accounts set state = ${account.state}, version = ${String(account.version)},
      update_time = ${at(account.updateTime)}
    where market = ${account.place} and bucket = ${bucketOf(account.id)} and id = ${account.id}`);
}

export async function listServiceAccounts(tx: Tx, place: Place, page: IdPage): Promise<ServiceAccount[]> {
  const rows = await tx.execute<Row>(sql`
    select * from service_accounts where market = ${place} and ${afterId(page)} order by id limit ${page.limit}`);
  return rows.map(toServiceAccount);
}

function toServiceAccount(row: Row): ServiceAccount {
  return {
    place: row.market,
    id: row.id,
    displayName: row.display_name,
    state: row.state,
    version: BigInt(row.version),
    createTime: timeOf(row.create_time),
    updateTime: timeOf(row.update_time),
  };
}
