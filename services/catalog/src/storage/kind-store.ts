import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { JsonObject } from "../domain/json.ts";
import type { DerivedAttribute, Group, Kind, Side } from "../domain/kind.ts";
import { timeOf } from "./listing-row.ts";

interface KindRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly side: Side;
  readonly schema: string;
  readonly derived_attributes: string;
  readonly groups: string;
  readonly version: string;
  readonly create_time: string;
  readonly update_time: string;
}

const kindColumns =
  sql.raw(`market, id, side, schema::text as schema, derived_attributes::text as derived_attributes,
  groups::text as groups, version, extract(epoch from create_time) as create_time,
  extract(epoch from update_time) as update_time`);

export async function findKind(tx: Tx, market: string, id: string): Promise<Kind | undefined> {
  const [row] = await tx.execute<KindRow>(sql`select ${kindColumns} from kinds where ${key(market, id)}`);
  return row && kindOf(row);
}

/** The version of a kind; undefined when the market has no such kind. */
export async function findKindVersion(tx: Tx, market: string, id: string): Promise<bigint | undefined> {
  const [row] = await tx.execute<{ version: string }>(
    sql`select version from kinds where ${key(market, id)}`,
  );
  return row && BigInt(row.version);
}

export async function lockKind(tx: Tx, market: string, id: string): Promise<Kind | undefined> {
  const [row] = await tx.execute<KindRow>(
    sql`select ${kindColumns} from kinds where ${key(market, id)} for update`,
  );
  return row && kindOf(row);
}

/** Lists kinds by (market, id), from after a key on. An empty market lists those of every market that the scope sees. */
export async function listKinds(
  tx: Tx,
  market: string,
  page: { readonly after: readonly [market: string, id: string]; readonly limit: number },
): Promise<readonly Kind[]> {
  const only = market === "" ? sql`true` : sql`market = ${market}`;
  const rows = await tx.execute<KindRow>(sql`
    select ${kindColumns} from kinds where ${only} and (market, id) > (${page.after[0]}, ${page.after[1]})
    order by market, id limit ${page.limit}`);
  return rows.map(kindOf);
}

/** Stores a new kind; false when the id is taken. */
export async function insertKind(tx: Tx, kind: Kind): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into kinds (market, bucket, id, side, schema, derived_attributes, groups, version, create_time, update_time)
    values (${kind.market}, ${bucketOf(kind.id)}, ${kind.id}, ${kind.side}, ${JSON.stringify(kind.schema)}::text::json,
      ${JSON.stringify(kind.derivedAttributes)}::text::json, ${JSON.stringify(kind.groups)}::text::json,
      ${String(kind.version)}, ${kind.createTime.toISOString()}, ${kind.updateTime.toISOString()})
    on conflict (market, bucket, id) do nothing`);
  return inserted.count === 1;
}

/** Stores the next version of a locked kind. */
export async function saveKind(tx: Tx, kind: Kind): Promise<void> {
  await tx.execute(sql`
    update kinds set schema = ${JSON.stringify(kind.schema)}::text::json,
      derived_attributes = ${JSON.stringify(kind.derivedAttributes)}::text::json,
      groups = ${JSON.stringify(kind.groups)}::text::json,
      version = ${String(kind.version)}, update_time = ${kind.updateTime.toISOString()}
    where ${key(kind.market, kind.id)} and version = ${String(kind.version - 1n)}`);
}

function key(market: string, id: string) {
  return sql`market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`;
}

function kindOf(row: KindRow): Kind {
  return {
    market: row.market,
    id: row.id,
    side: row.side,
    schema: JSON.parse(row.schema) as JsonObject,
    derivedAttributes: JSON.parse(row.derived_attributes) as DerivedAttribute[],
    groups: JSON.parse(row.groups) as Group[],
    version: BigInt(row.version),
    createTime: timeOf(row.create_time),
    updateTime: timeOf(row.update_time),
  };
}
