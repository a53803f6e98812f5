import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Allocation } from "../domain/hold.ts";
import type { OfferTerms } from "../domain/negotiation.ts";
import { inChunks } from "./chunks.ts";
import { fromJson, jsonOf } from "./json.ts";
import { dateOf, type Timestamp } from "./time.ts";

interface AllocationRow extends Record<string, unknown> {
  readonly id: string;
  readonly demand: string;
  readonly supply: string;
  readonly units: string;
  readonly score: number;
  readonly demand_owner: string;
  readonly supply_owner: string;
  readonly plan: string;
  readonly decision: string;
  readonly create_time: Timestamp;
  readonly terms: OfferTerms | null;
}

const fields = sql.raw(
  "a.id, a.demand, a.supply, a.units, a.score, a.demand_owner, a.supply_owner, a.plan, a.decision, a.create_time, a.terms",
);

export async function insertAllocations(
  tx: Tx,
  market: string,
  allocations: readonly Allocation[],
): Promise<void> {
  for (const chunk of inChunks(allocations)) {
    await tx.execute(sql`
      insert into allocations (market, bucket, id, demand, supply, units, score, demand_owner, supply_owner, plan, decision,
        create_time, terms)
      select ${market}, * from ${columns(chunk, {
        bucket: ["int4", (allocation) => bucketOf(allocation.id)],
        id: ["text", (allocation) => allocation.id],
        demand: ["text", (allocation) => allocation.demand],
        supply: ["text", (allocation) => allocation.supply],
        units: ["bigint", (allocation) => allocation.units],
        score: ["int4", (allocation) => allocation.score],
        demand_owner: ["text", (allocation) => allocation.demandOwner],
        supply_owner: ["text", (allocation) => allocation.supplyOwner],
        plan: ["text", (allocation) => allocation.plan],
        decision: ["text", (allocation) => allocation.decision],
        create_time: ["timestamptz", (allocation) => allocation.createTime],
        terms: ["jsonb", (allocation) => jsonOf(allocation.terms)],
      })}`);
  }
}

export async function readAllocation(tx: Tx, market: string, id: string): Promise<Allocation | undefined> {
  const [row] = await tx.execute<AllocationRow>(sql`
    select ${fields} from allocations a where a.market = ${market} and a.bucket = ${bucketOf(id)} and a.id = ${id}`);
  return row && allocationOf(row);
}

/** What a list of allocations leaves out; undefined leaves out nothing. */
export interface AllocationFilter {
  readonly demand: string | undefined;
  readonly supply: string | undefined;
}

export async function listAllocations(
  tx: Tx,
  market: string,
  { demand, supply }: AllocationFilter,
  after: string,
  limit: number,
): Promise<Allocation[]> {
  const rows = await tx.execute<AllocationRow>(sql`
    select ${fields} from allocations a where a.market = ${market} and a.id > ${after}
      ${demand === undefined ? sql`` : sql`and a.demand = ${demand}`}
      ${supply === undefined ? sql`` : sql`and a.supply = ${supply}`}
    order by a.id limit ${limit}`);
  return rows.map(allocationOf);
}

function allocationOf(row: AllocationRow): Allocation {
  return {
    id: row.id,
    demand: row.demand,
    supply: row.supply,
    units: Number(row.units),
    score: row.score,
    demandOwner: row.demand_owner,
    supplyOwner: row.supply_owner,
    plan: row.plan,
    decision: row.decision,
    createTime: dateOf(row.create_time),
    terms: fromJson<OfferTerms>(row.terms),
  };
}
