import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Policy, Rule } from "../domain/policy.ts";

interface PolicyRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly demand_kind: string;
  readonly supply_kind: string;
  readonly version: string;
  readonly rules: string;
  readonly demand_kind_version: string;
  readonly supply_kind_version: string;
  readonly create_time: string;
  readonly update_time: string;
}

const policyColumns =
  sql.raw(`p.market, p.id, p.demand_kind, p.supply_kind, v.version, v.rules::text as rules,
  v.demand_kind_version, v.supply_kind_version,
  extract(epoch from p.create_time) as create_time, extract(epoch from v.update_time) as update_time`);
const ofPolicy = sql.raw("v.market = p.market and v.bucket = p.bucket and v.policy = p.id");

/** A policy as it is, or at a version (0: as it is). */
export async function findPolicy(
  tx: Tx,
  market: string,
  id: string,
  version = 0n,
): Promise<Policy | undefined> {
  const wanted = version === 0n ? sql`p.version` : sql`${String(version)}::bigint`;
  const [row] = await tx.execute<PolicyRow>(sql`
    select ${policyColumns} from policies p join policy_versions v on ${ofPolicy} and v.version = ${wanted}
    where p.market = ${market} and p.bucket = ${bucketOf(id)} and p.id = ${id}`);
  return row && policyOf(row);
}

/** The same, as it is, kept from changing until the transaction ends. */
export async function lockPolicy(tx: Tx, market: string, id: string): Promise<Policy | undefined> {
  const locked = await tx.execute(sql`
    select 1 from policies where market = ${market} and bucket = ${bucketOf(id)} and id = ${id} for update`);
  return locked.length === 0 ? undefined : findPolicy(tx, market, id);
}

/** Policies of a market by id. */
export async function listPolicies(
  tx: Tx,
  market: string,
  page: { readonly afterId: string; readonly limit: number },
): Promise<Policy[]> {
  const rows = await tx.execute<PolicyRow>(sql`
    select ${policyColumns} from policies p join policy_versions v on ${ofPolicy} and v.version = p.version
    where p.market = ${market} and p.id > ${page.afterId} order by p.id limit ${page.limit}`);
  return rows.map(policyOf);
}

/** Stores a new policy; false when the id is taken. */
export async function insertPolicy(tx: Tx, policy: Policy): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into policies (market, bucket, id, demand_kind, supply_kind, version, create_time)
    values (${policy.market}, ${bucketOf(policy.id)}, ${policy.id}, ${policy.demandKind}, ${policy.supplyKind},
      ${String(policy.version)}, ${policy.createTime.toISOString()}::timestamptz)
    on conflict do nothing`);
  if (inserted.count === 0) return false;
  await insertVersion(tx, policy);
  return true;
}

/** Stores the next version of a locked policy; false when it is not the next one. */
export async function savePolicy(tx: Tx, policy: Policy): Promise<boolean> {
  const saved = await tx.execute(sql`
    update policies set version = ${String(policy.version)}
    where market = ${policy.market} and bucket = ${bucketOf(policy.id)} and id = ${policy.id}
      and version = ${String(policy.version - 1n)}`);
  if (saved.count === 0) return false;
  await insertVersion(tx, policy);
  return true;
}

async function insertVersion(tx: Tx, policy: Policy): Promise<void> {
  await tx.execute(sql`
    insert into policy_versions
      (market, bucket, policy, version, rules, demand_kind_version, supply_kind_version, update_time)
    values (${policy.market}, ${bucketOf(policy.id)}, ${policy.id}, ${String(policy.version)},
      ${JSON.stringify(policy.rules)}::text::json, ${String(policy.demandKindVersion)},
      ${String(policy.supplyKindVersion)}, ${policy.updateTime.toISOString()}::timestamptz)`);
}

function policyOf(row: PolicyRow): Policy {
  return {
    market: row.market,
    id: row.id,
    demandKind: row.demand_kind,
    supplyKind: row.supply_kind,
    rules: JSON.parse(row.rules) as Rule[],
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
