import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { ApiKey } from "../domain/api-key.ts";
import type { Place } from "../domain/names.ts";
import type { ServiceAccount } from "../domain/resources.ts";
import { afterId, at, atOrNull, type IdPage, type TimeValue, timeOf, timeOrNone } from "./rows.ts";

interface Row extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly service_account: string;
  readonly display_name: string;
  readonly expire_time: TimeValue | null;
  readonly revoke_time: TimeValue | null;
  readonly create_time: TimeValue;
}

// The hash is never selected: no answer, log line or error can hold it.
const shown = sql.raw("market, id, service_account, display_name, expire_time, revoke_time, create_time");

/** False when the id is taken. */
export async function insertApiKey(tx: Tx, key: ApiKey, secretSha256: Buffer): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into api_keys (market, id, service_account, display_name, secret_sha256, expire_time, revoke_time, create_time)
    values (${key.place}, ${key.id}, ${key.serviceAccount}, ${key.displayName}, ${secretSha256},
      ${atOrNull(key.expireTime)}, ${atOrNull(key.revokeTime)}, ${at(key.createTime)})
    on conflict do nothing`);
  return inserted.count === 1;
}

export async function findApiKey(tx: Tx, place: Place, id: string): Promise<ApiKey | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select ${shown} from api_keys where market = ${place} and bucket = ${bucketOf(id)} and id = ${id}`);
  return row && toApiKey(row);
}

/** The key of a secret and the state of its service account; undefined when nobody ever had this secret. */
export async function findBySecret(
  tx: Tx,
  secretSha256: Buffer,
): Promise<{ key: ApiKey; accountState: ServiceAccount["state"] } | undefined> {
  const [row] = await tx.execute<Row & { account_state: ServiceAccount["state"] }>(sql`
    select k.market, k.id, k.service_account, k.display_name, k.expire_time, k.revoke_time, k.create_time,
      a.state as account_state
    from api_keys k join service_accounts a
      on a.market = k.market and a.bucket = marketmesh.bucket_of(k.service_account) and a.id = k.service_account
    where k.secret_sha256 = ${secretSha256}`);
  return row && { key: toApiKey(row), accountState: row.account_state };
}

/** Revokes a key that is not revoked; gives it as it is then, undefined when there is none. */
export async function revokeApiKey(
  tx: Tx,
  place: Place,
  id: string,
  now: Date,
): Promise<{ key: ApiKey; changed: boolean } | undefined> {
  const [row] = await tx.execute<Row>(sql`
    update api_keys set revoke_time = ${at(now)}
    where market = ${place} and bucket = ${bucketOf(id)} and id = ${id} and revoke_time is null returning ${shown}`);
  if (row) return { key: toApiKey(row), changed: true };
  const key = await findApiKey(tx, place, id);
  return key && { key, changed: false };
}

/** Empty `serviceAccount` means those of all. */
export async function listApiKeys(
  tx: Tx,
  place: Place,
  serviceAccount: string,
  page: IdPage,
): Promise<ApiKey[]> {
  const rows = await tx.execute<Row>(sql`
    select ${shown} from api_keys where market = ${place} and ${afterId(page)}
      and (${serviceAccount} = '' or service_account = ${serviceAccount})
    order by id limit ${page.limit}`);
  return rows.map(toApiKey);
}

function toApiKey(row: Row): ApiKey {
  return {
    place: row.market,
    id: row.id,
    serviceAccount: row.service_account,
    displayName: row.display_name,
    expireTime: timeOrNone(row.expire_time),
    revokeTime: timeOrNone(row.revoke_time),
    createTime: timeOf(row.create_time),
  };
}
