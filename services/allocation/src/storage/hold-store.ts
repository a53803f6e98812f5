import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Hold, HoldState } from "../domain/hold.ts";
import { inChunks } from "./chunks.ts";
import { dateOf, optionalDateOf, type Timestamp } from "./time.ts";

export interface HoldRow extends Record<string, unknown> {
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
  readonly released_units: string;
  readonly remainder_of: string;
  readonly version: string;
  readonly location: string | null;
  readonly slot: string | null;
  readonly bundle: string | null;
  readonly demand_units: string | null;
}

export const holdFields = sql.raw(
  [
    ...["id", "demand", "supply", "units", "state", "group_value", "demand_owner", "supply_owner", "score"],
    ...["supply_score", "plan", "round", "decision", "offered", "expire_time", "create_time", "settle_time"],
    ...["released_units", "remainder_of", "version"],
    ...["location", "slot", "bundle", "demand_units"],
  ]
    .map((name) => `h.${name}`)
    .join(", "),
);

/** Inserts holds; returns the ids of those that were not there. */
export async function insertHolds(tx: Tx, market: string, holds: readonly Hold[]): Promise<Set<string>> {
  const { plain = [], placed = [] } = Object.groupBy(holds, (hold) => (isPlaced(hold) ? "placed" : "plain"));
  const inserted = new Set<string>();
  for (const chunk of inChunks(plain)) {
    const rows = await tx.execute<{ id: string }>(sql`
      insert into holds (${insertedFields})
      select ${market}, * from ${columns(chunk, holdColumns)}
      on conflict (market, bucket, id) do nothing returning id`);
    for (const row of rows) inserted.add(row.id);
  }
  for (const chunk of inChunks(placed)) {
    const rows = await tx.execute<{ id: string }>(sql`
      insert into holds (${insertedFields}, location, slot, bundle, demand_units, settled_whole)
      select ${market}, * from ${columns(chunk, { ...holdColumns, ...placeColumns })}
      on conflict (market, bucket, id) do nothing returning id`);
    for (const row of rows) inserted.add(row.id);
  }
  return inserted;
}

const insertedFields = sql.raw(`market, bucket, id, demand, supply, units, state, group_value, demand_owner,
  supply_owner, score, supply_score, plan, round, decision, offered, expire_time, create_time, settle_time,
  released_units, remainder_of, version`);

// Columns of a few holds: the others do not pay for them.
const placeColumns = {
  location: ["text", (hold: Hold) => hold.place?.location ?? null],
  slot: ["text", (hold: Hold) => hold.place?.slot ?? null],
  bundle: ["text", (hold: Hold) => hold.bundle ?? null],
  demand_units: ["bigint", (hold: Hold) => hold.demandUnits ?? null],
  settled_whole: ["boolean", (hold: Hold) => hold.state !== "HELD"],
} as const;

function isPlaced({ place, bundle, demandUnits }: Hold): boolean {
  return place !== undefined || bundle !== undefined || demandUnits !== undefined;
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
  released_units: ["bigint", (hold: Hold) => hold.releasedUnits],
  remainder_of: ["text", (hold: Hold) => hold.remainderOf],
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
    select ${holdFields} from holds h
    join ${columns(ids, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on h.market = ${market} and h.bucket = given.bucket and h.id = given.id
    order by h.bucket, h.id ${lock}`);
  return rows.map(holdOf);
}

/** Writes what may change of holds that are locked. */
export async function saveHolds(tx: Tx, market: string, holds: readonly Hold[]): Promise<void> {
  for (const chunk of inChunks(holds)) {
    await tx.execute(sql`
      update holds h set state = given.state, settled_whole = given.state <> 'HELD', units = given.units, released_units = given.released_units,
        expire_time = given.expire_time, demand_units = given.demand_units, settle_time = given.settle_time, version = given.version
      from ${columns(chunk, {
        bucket: holdColumns.bucket,
        id: holdColumns.id,
        state: holdColumns.state,
        units: holdColumns.units,
        released_units: holdColumns.released_units,
        expire_time: holdColumns.expire_time,
        demand_units: placeColumns.demand_units,
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
    select ${holdFields} from holds h
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
    select ${holdFields} from holds h where h.market = ${market} and h.id > ${after}
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

export function holdOf(row: HoldRow): Hold {
  return {
    ...(row.slot !== null && { place: { location: row.location ?? "", slot: row.slot } }),
    ...(row.bundle !== null && { bundle: row.bundle }),
    ...(row.demand_units !== null && { demandUnits: Number(row.demand_units) }),
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
    releasedUnits: Number(row.released_units),
    remainderOf: row.remainder_of,
    version: Number(row.version),
  };
}
