import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Hold, HoldState } from "../domain/hold.ts";
import { inChunks } from "./chunks.ts";
import { dateOf, optionalDateOf, type Timestamp } from "./time.ts";

interface HoldRow extends Record<string, unknown> {
  readonly id: string;
  readonly demand: string;
  readonly supply: string;
  readonly units: string;
  readonly state: HoldState;
  readonly group_value: string | null;
  readonly demand_owner: string;
  readonly supply_owner: string;
  readonly score: number;
  readonly supply_score: number;
  readonly plan: string;
  readonly round: string;
  readonly decision: string;
  readonly offered: boolean;
  readonly expire_time: Timestamp;
  readonly create_time: Timestamp;
  readonly settle_time: Timestamp | null;
  readonly version: string;
}

const fields = sql.raw(
  [
    ...["id", "demand", "supply", "units", "state", "group_value", "demand_owner", "supply_owner", "score"],
    ...["supply_score", "plan", "round", "decision", "offered", "expire_time", "create_time", "settle_time"],
    "version",
  ]
    .map((name) => `h.${name}`)
    .join(", "),
);

/** Inserts holds; returns the ids of those that were not there. */
export async function insertHolds(tx: Tx, market: string, holds: readonly Hold[]): Promise<Set<string>> {
  const inserted = new Set<string>();
  for (const chunk of inChunks(holds)) {
    const rows = await tx.execute<{ id: string }>(sql`
      insert into holds (market, bucket, id, demand, supply, units, state, group_value, demand_owner, supply_owner, score,
        supply_score, plan, round, decision, offered, expire_time, create_time, settle_time, version)
      select ${market}, * from ${columns(chunk, holdColumns)}
      on conflict (market, bucket, id) do nothing returning id`);
    for (const row of rows) inserted.add(row.id);
  }
  return inserted;
}

const holdColumns = {
  bucket: ["int4", (hold: Hold) => bucketOf(hold.id)],
  id: ["text", (hold: Hold) => hold.id],
  demand: ["text", (hold: Hold) => hold.demand],
  supply: ["text", (hold: Hold) => hold.supply],
  units: ["bigint", (hold: Hold) => hold.units],
  state: ["text", (hold: Hold) => hold.state],
  group_value: ["text", (hold: Hold) => hold.groupValue ?? null],
  demand_owner: ["text", (hold: Hold) => hold.demandOwner],
  supply_owner: ["text", (hold: Hold) => hold.supplyOwner],
  score: ["int4", (hold: Hold) => hold.score],
  supply_score: ["int4", (hold: Hold) => hold.supplyScore],
  plan: ["text", (hold: Hold) => hold.plan],
  round: ["text", (hold: Hold) => hold.round],
  decision: ["text", (hold: Hold) => hold.decision],
  offered: ["boolean", (hold: Hold) => hold.offered],
  expire_time: ["timestamptz", (hold: Hold) => hold.expireTime],
  create_time: ["timestamptz", (hold: Hold) => hold.createTime],
  settle_time: ["timestamptz", (hold: Hold) => hold.settleTime ?? null],
  version: ["bigint", (hold: Hold) => hold.version],
} as const;

/** Locks holds in ascending (market, bucket, id), before any level; unknown ids are left out. */
export async function lockHolds(tx: Tx, market: string, ids: readonly string[]): Promise<Hold[]> {
  return selectHolds(tx, market, ids, sql`for update of h`);
}

export async function readHolds(tx: Tx, market: string, ids: readonly string[]): Promise<Hold[]> {
  return selectHolds(tx, market, ids, sql``);
}

async function selectHolds(tx: Tx, market: string, ids: readonly string[], lock: SQL): Promise<Hold[]> {
  if (ids.length === 0) return [];
  const rows = await tx.execute<HoldRow>(sql`
    select ${fields} from holds h
    join ${columns(ids, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on h.market = ${market} and h.bucket = given.bucket and h.id = given.id
    order by h.bucket, h.id ${lock}`);
  return rows.map(holdOf);
}

/** The first `limit` holds that are due by `now`, in (expire_time, id) order. Not locked. */
export async function readDueHolds(tx: Tx, market: string, now: Date, limit: number): Promise<Hold[]> {
  const rows = await tx.execute<HoldRow>(sql`
    select ${fields} from holds h
    where h.market = ${market} and h.state = 'HELD' and h.expire_time <= ${now.toISOString()}
    order by h.expire_time, h.id limit ${limit}`);
  return rows.map(holdOf);
}

/** Markets with the real clock in which a hold is due. At most 100. */
export async function marketsWithDueHolds(tx: Tx): Promise<string[]> {
  const rows = await tx.execute<{ market: string }>(sql`
    with recursive markets(market) as (
      (select market from holds where state = 'HELD' order by market limit 1)
      union all
      select (select h.market from holds h where h.state = 'HELD' and h.market > m.market order by h.market limit 1)
      from markets m where m.market is not null)
    select m.market from markets m
    where m.market is not null
      and not exists (select from clocks c where c.market = m.market and c.mode = 'SANDBOX')
      and exists (select from holds h where h.market = m.market and h.state = 'HELD' and h.expire_time <= now())
    limit 100`);
  return rows.map((row) => row.market);
}

/** Writes state, settle time and version of holds that are locked. */
export async function saveSettledHolds(tx: Tx, market: string, holds: readonly Hold[]): Promise<void> {
  for (const chunk of inChunks(holds)) {
    await tx.execute(sql`
      update holds h set state = given.state, settle_time = given.settle_time, version = given.version
      from ${columns(chunk, {
        bucket: holdColumns.bucket,
        id: holdColumns.id,
        state: holdColumns.state,
        settle_time: holdColumns.settle_time,
        version: holdColumns.version,
      })}
      where h.market = ${market} and h.bucket = given.bucket and h.id = given.id`);
  }
}

/** Which supplies each of the demands was ever given by a plan, whatever became of it. */
export async function readGivenSupplies(
  tx: Tx,
  market: string,
  plan: string,
  demands: readonly string[],
): Promise<Map<string, Set<string>>> {
  const given = new Map<string, Set<string>>();
  for (const chunk of inChunks(demands)) {
    const rows = await tx.execute<{ demand: string; supplies: string[] }>(sql`
      select h.demand, array_agg(distinct h.supply) as supplies from holds h
      where h.market = ${market} and h.demand = any(${sql.param([...chunk])}::text[]) and h.plan = ${plan}
      group by h.demand`);
    for (const row of rows) given.set(row.demand, new Set(row.supplies));
  }
  return given;
}

/** What decisions hold, by decision id, best first. */
export async function readHoldsOfDecisions(
  tx: Tx,
  market: string,
  decisions: readonly { readonly id: string; readonly demand: string }[],
): Promise<Map<string, Hold[]>> {
  const byDecision = new Map<string, Hold[]>();
  if (decisions.length === 0) return byDecision;
  const rows = await tx.execute<HoldRow>(sql`
    select ${fields} from holds h
    join ${columns(decisions, { demand: ["text", (d) => d.demand], decision: ["text", (d) => d.id] })}
      on h.market = ${market} and h.demand = given.demand and h.decision = given.decision
    order by h.decision, h.score desc, h.supply`);
  for (const row of rows) {
    const holds = byDecision.get(row.decision);
    if (holds) holds.push(holdOf(row));
    else byDecision.set(row.decision, [holdOf(row)]);
  }
  return byDecision;
}

/** What a list of holds leaves out; undefined leaves out nothing. */
export interface HoldFilter {
  readonly state: HoldState | undefined;
  readonly demand: string | undefined;
  readonly supply: string | undefined;
}

export async function listHolds(
  tx: Tx,
  market: string,
  { state, demand, supply }: HoldFilter,
  after: string,
  limit: number,
): Promise<Hold[]> {
  const rows = await tx.execute<HoldRow>(sql`
    select ${fields} from holds h where h.market = ${market} and h.id > ${after}
      ${state === undefined ? sql`` : sql`and h.state = ${state}`}
      ${demand === undefined ? sql`` : sql`and h.demand = ${demand}`}
      ${supply === undefined ? sql`` : sql`and h.supply = ${supply}`}
    order by h.id limit ${limit}`);
  return rows.map(holdOf);
}

export async function marketHasHolds(tx: Tx, market: string): Promise<boolean> {
  const rows = await tx.execute(sql`select 1 from holds where market = ${market} limit 1`);
  return rows.length > 0;
}

function holdOf(row: HoldRow): Hold {
  return {
    id: row.id,
    demand: row.demand,
    supply: row.supply,
    units: Number(row.units),
    state: row.state,
    groupValue: row.group_value ?? undefined,
    demandOwner: row.demand_owner,
    supplyOwner: row.supply_owner,
    score: row.score,
    supplyScore: row.supply_score,
    plan: row.plan,
    round: row.round,
    decision: row.decision,
    offered: row.offered,
    expireTime: dateOf(row.expire_time),
    createTime: dateOf(row.create_time),
    settleTime: optionalDateOf(row.settle_time),
    version: Number(row.version),
  };
}
