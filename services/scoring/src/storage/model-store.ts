import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { StoredFeature, StoredModel } from "../domain/model.ts";

interface ModelRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly perspective: StoredModel["perspective"];
  readonly demand_kind: string;
  readonly supply_kind: string;
  readonly version: string;
  readonly features: string;
  readonly demand_kind_version: string;
  readonly supply_kind_version: string;
  readonly create_time: string;
  readonly update_time: string;
}

const modelColumns =
  sql.raw(`p.market, p.id, p.perspective, p.demand_kind, p.supply_kind, v.version, v.features::text as features,
  v.demand_kind_version, v.supply_kind_version,
  extract(epoch from p.create_time) as create_time, extract(epoch from v.update_time) as update_time`);
const ofModel = sql.raw("v.market = p.market and v.bucket = p.bucket and v.model = p.id");

/** A model as it is, or at a version (0: as it is). */
export async function findModel(
  tx: Tx,
  market: string,
  id: string,
  version = 0n,
): Promise<StoredModel | undefined> {
  const wanted = version === 0n ? sql`p.version` : sql`${String(version)}::bigint`;
  const [row] = await tx.execute<ModelRow>(sql`
    select ${modelColumns} from models p join model_versions v on ${ofModel} and v.version = ${wanted}
    where p.market = ${market} and p.bucket = ${bucketOf(id)} and p.id = ${id}`);
  return row && modelOf(row);
}

/** The same, as it is, kept from changing until the transaction ends. */
export async function lockModel(tx: Tx, market: string, id: string): Promise<StoredModel | undefined> {
  const locked = await tx.execute(sql`
    select 1 from models where market = ${market} and bucket = ${bucketOf(id)} and id = ${id} for update`);
  return locked.length === 0 ? undefined : findModel(tx, market, id);
}

/** Models of a market by id. */
export async function listModels(
  tx: Tx,
  market: string,
  page: { readonly afterId: string; readonly limit: number },
): Promise<StoredModel[]> {
  const rows = await tx.execute<ModelRow>(sql`
    select ${modelColumns} from models p join model_versions v on ${ofModel} and v.version = p.version
    where p.market = ${market} and p.id > ${page.afterId} order by p.id limit ${page.limit}`);
  return rows.map(modelOf);
}

/** Stores a new model; false when the id is taken. */
export async function insertModel(tx: Tx, model: StoredModel): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into models (market, bucket, id, perspective, demand_kind, supply_kind, version, create_time)
    values (${model.market}, ${bucketOf(model.id)}, ${model.id}, ${model.perspective}, ${model.demandKind}, ${model.supplyKind},
      ${String(model.version)}, ${model.createTime.toISOString()}::timestamptz)
    on conflict do nothing`);
  if (inserted.count === 0) return false;
  await insertVersion(tx, model);
  return true;
}

/** Stores the next version of a locked model; false when it is not the next one. */
export async function saveModel(tx: Tx, model: StoredModel): Promise<boolean> {
  const saved = await tx.execute(sql`
    update models set version = ${String(model.version)}
    where market = ${model.market} and bucket = ${bucketOf(model.id)} and id = ${model.id}
      and version = ${String(model.version - 1n)}`);
  if (saved.count === 0) return false;
  await insertVersion(tx, model);
  return true;
}

async function insertVersion(tx: Tx, model: StoredModel): Promise<void> {
  await tx.execute(sql`
    insert into model_versions
      (market, bucket, model, version, features, demand_kind_version, supply_kind_version, update_time)
    values (${model.market}, ${bucketOf(model.id)}, ${model.id}, ${String(model.version)},
      ${JSON.stringify(model.features)}::text::json, ${String(model.demandKindVersion)},
      ${String(model.supplyKindVersion)}, ${model.updateTime.toISOString()}::timestamptz)`);
}

function modelOf(row: ModelRow): StoredModel {
  return {
    market: row.market,
    id: row.id,
    perspective: row.perspective,
    demandKind: row.demand_kind,
    supplyKind: row.supply_kind,
    features: JSON.parse(row.features) as StoredFeature[],
    version: BigInt(row.version),
    demandKindVersion: BigInt(row.demand_kind_version),
    supplyKindVersion: BigInt(row.supply_kind_version),
    createTime: timeOf(row.create_time),
    updateTime: timeOf(row.update_time),
  };
}

// Selected as seconds since 1970, so that no time zone of a session gets in between.
function timeOf(seconds: string): Date {
  return new Date(Math.round(Number(seconds) * 1000));
}
