import { bucketOf, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { PlanStrategy } from "../domain/plan.ts";
import type { PhaseName, Round, RoundProof, RoundState, RoundTrigger } from "../domain/round.ts";
import { dateOf, optionalDateOf, type Timestamp } from "./time.ts";

interface RoundRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly plan: string;
  readonly plan_version: string;
  readonly state: RoundState;
  readonly revisions: string[];
  readonly decision_time: Timestamp | null;
  readonly policy_version: string;
  readonly demand_model_version: string;
  readonly supply_model_version: string;
  readonly statistics_version: string;
  readonly demand_count: string;
  readonly open_units: string;
  readonly demands_ranked: string;
  readonly eligible_pairs: string;
  readonly edge_count: string;
  readonly unknown_supplies: string;
  readonly pairs_count: string;
  readonly pairs_committed: string;
  readonly hold_count: string;
  readonly held_units: string;
  readonly phases: Partial<Record<PhaseName, number>>;
  readonly decide_ms: number | null;
  readonly failure: string;
  readonly attempts: number;
  readonly version: string;
  readonly create_time: Timestamp;
  readonly update_time: Timestamp;
  readonly traceparent: string;
  readonly dry_run: boolean;
  readonly trigger: RoundTrigger;
  readonly due_time: Timestamp | null;
  readonly strategy: PlanStrategy | "";
  readonly seed: string;
  readonly proof: RoundProof | string | null;
  readonly state_version: string;
  readonly approval_expire_time: Timestamp | null;
  readonly approver: string;
  readonly rejection: string;
}

const fields = sql.raw(
  [
    ...["market", "id", "plan", "plan_version", "state", "revisions", "decision_time", "policy_version"],
    ...["demand_model_version", "supply_model_version", "statistics_version", "demand_count", "open_units"],
    ...[
      "demands_ranked",
      "eligible_pairs",
      "edge_count",
      "unknown_supplies",
      "pairs_count",
      "pairs_committed",
    ],
    ...["hold_count", "held_units", "phases", "decide_ms", "failure", "attempts", "version", "create_time"],
    ...["update_time", "traceparent", "dry_run", "trigger", "due_time", "strategy", "seed", "proof"],
    ...["state_version", "approval_expire_time", "approver", "rejection"],
  ]
    .map((name) => `r.${name}`)
    .join(", "),
);

/** A round to begin. */
export interface NewRound extends Pick<Round, "id" | "plan" | "planVersion" | "revisions" | "traceparent"> {
  readonly dryRun?: boolean;
  readonly trigger?: RoundTrigger;
  readonly dueTime?: Date;
  /** What it decides about: it has its turn after others of these kinds. Absent: it waits for nobody, and nobody for it. */
  readonly kinds?: { readonly demandKind: string; readonly supplyKind: string };
  /** Release 0.3.0 would decide it otherwise, or hold what is only tried: it never gets the lease. */
  readonly needsNewRelease?: boolean;
}

/** False when the id is taken. */
export async function insertRound(tx: Tx, market: string, round: NewRound): Promise<boolean> {
  const { demandKind = "", supplyKind = "" } = round.kinds ?? {};
  const shift = sql.raw(`interval '${round.needsNewRelease ? "1000 years" : "0"}'`);
  const inserted = await tx.execute(sql`
    insert into rounds (market, bucket, id, plan, plan_version, state, revisions, create_time, update_time,
      traceparent, dry_run, trigger, due_time, demand_kind, supply_kind, lease_shift, lease_expire_time)
    values (${market}, ${bucketOf(round.id)}, ${round.id}, ${round.plan}, ${round.planVersion}, 'PENDING',
      ${sql.param([...round.revisions])}::text[], clock_timestamp(), clock_timestamp(), ${round.traceparent},
      ${round.dryRun ?? false}, ${round.trigger ?? "REQUEST"}, ${round.dueTime?.toISOString() ?? null},
      ${demandKind}, ${supplyKind}, ${shift}, clock_timestamp() - interval '1 second' + ${shift})
    on conflict do nothing`);
  return inserted.count === 1;
}

export async function readRound(tx: Tx, market: string, id: string): Promise<Round | undefined> {
  const [row] = await tx.execute<RoundRow>(sql`select ${fields} from rounds r where ${keyOf(market, id)}`);
  return row && roundOf(row);
}

/** Rounds, latest first, after the given one. */
export async function listRounds(
  tx: Tx,
  market: string,
  plan: string | undefined,
  after: { readonly createTime: string; readonly id: string } | undefined,
  limit: number,
): Promise<{ readonly round: Round; readonly createTime: string }[]> {
  const rows = await tx.execute<RoundRow & { cursor_time: string }>(sql`
    select ${fields}, r.create_time::text as cursor_time from rounds r where r.market = ${market}
      ${plan === undefined ? sql`` : sql`and r.plan = ${plan}`}
      ${after ? sql`and (r.create_time, r.id) < (${after.createTime}::text::timestamptz, ${after.id})` : sql``}
    order by r.create_time desc, r.id desc limit ${limit}`);
  return rows.map((row) => ({ round: roundOf(row), createTime: row.cursor_time }));
}

/** A round of a market, and the lease under which it may be moved. */
export interface LeasedRound {
  readonly market: string;
  readonly round: Round;
  readonly owner: string;
}

/**
 * Leases the round that has waited longest, of all markets; undefined when there is nothing to do. A round has its turn
 * when no other that shares a kind with it has begun: leases are given out one at a time, so that two never begin at once.
 * What is only tried comes after everything that is meant.
 */
export async function leaseRound(tx: Tx, owner: string, leaseMs: number): Promise<LeasedRound | undefined> {
  const [due] = await tx.execute(sql`
    select 1 from rounds r where r.state in ('PENDING', 'SOLVING', 'SOLVED')
      and r.lease_expire_time - r.lease_shift < clock_timestamp() limit 1`);
  if (!due) return undefined;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('marketmesh/rounds', 0))`);
  const [row] = await tx.execute<RoundRow>(sql`
    update rounds r set lease_owner = ${owner}, lease_expire_time = ${leaseEnd(leaseMs)}, begun = true
    where (r.market, r.bucket, r.id) = (
      select c.market, c.bucket, c.id from rounds c
      where c.state in ('PENDING', 'SOLVING', 'SOLVED') and c.lease_expire_time - c.lease_shift < clock_timestamp()
        and (c.begun or c.dry_run or not exists (
          select from rounds o where o.market = c.market and o.id <> c.id and o.begun and not o.dry_run
            and o.state in ('PENDING', 'SOLVING', 'SOLVED')
            and (o.demand_kind in (c.demand_kind, c.supply_kind) or o.supply_kind in (c.demand_kind, c.supply_kind))
            and o.demand_kind <> ''))
      order by c.dry_run, c.lease_expire_time - c.lease_shift, c.create_time limit 1 for update skip locked)
    returning ${fields}`);
  return row && { market: row.market, round: roundOf(row), owner };
}

/** The lease was lost to another worker, which goes on with the round. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** What a step of a round changes; absent keeps. */
export type RoundStep = Partial<
  Omit<
    Round,
    | "id"
    | "plan"
    | "planVersion"
    | "revisions"
    | "version"
    | "createTime"
    | "updateTime"
    | "traceparent"
    | "dryRun"
    | "trigger"
    | "dueTime"
    | "approver"
    | "rejection"
  >
>;

/**
 * Moves a leased round on and renews the lease. Throws LeaseLostError, and so undoes the transaction, when the lease is
 * somebody else's: that is what fences a worker that was gone for too long.
 */
export async function stepRound(
  tx: Tx,
  { market, round, owner }: LeasedRound,
  step: RoundStep,
  leaseMs: number,
): Promise<Round> {
  const [row] = await tx.execute<RoundRow>(sql`
    update rounds r set ${sql.join([...assignments(step), sql`version = r.version + 1`], sql`, `)},
      update_time = clock_timestamp(), lease_expire_time = ${leaseEnd(leaseMs)}
    where ${keyOf(market, round.id)} and r.lease_owner = ${owner}
    returning ${fields}`);
  if (!row) throw new LeaseLostError(`the lease of round ${round.id} is lost`);
  return roundOf(row);
}

/** Locks the round under its lease, before anything else of it is written. Throws LeaseLostError. */
export async function assertLease(tx: Tx, { market, round, owner }: LeasedRound): Promise<void> {
  const rows = await tx.execute(sql`
    select 1 from rounds r where ${keyOf(market, round.id)} and r.lease_owner = ${owner}
      and r.pairs_committed = ${round.pairsCommitted} for update`);
  if (rows.length === 0) throw new LeaseLostError(`the lease of round ${round.id} is lost`);
}

/** Keeps a lease that is still held; false when it is lost. */
export async function renewLease(
  tx: Tx,
  { market, round, owner }: LeasedRound,
  leaseMs: number,
): Promise<boolean> {
  const renewed = await tx.execute(sql`
    update rounds r set lease_expire_time = ${leaseEnd(leaseMs)}
    where ${keyOf(market, round.id)} and r.lease_owner = ${owner}`);
  return renewed.count === 1;
}

/** Gives a leased round back, to be taken again after `delayMs`. One that has seen nothing yet gives its turn back too. */
export async function releaseRound(
  tx: Tx,
  { market, round, owner }: LeasedRound,
  delayMs: number,
): Promise<void> {
  await tx.execute(sql`
    update rounds r set lease_owner = '', lease_expire_time = ${leaseEnd(delayMs)}, begun = r.state <> 'PENDING'
    where ${keyOf(market, round.id)} and r.lease_owner = ${owner}`);
}

/** COMMITTED rounds without a waiting offer; at most 100. */
export async function roundsToSettle(tx: Tx): Promise<{ market: string; id: string }[]> {
  const rows = await tx.execute<{ market: string; id: string }>(sql`
    select r.market, r.id from rounds r where r.state = 'COMMITTED'
      and not exists (select from holds h
        where h.market = r.market and h.round = r.id and h.state = 'HELD' and h.offered)
      and not exists (select from offer_jobs j where j.market = r.market and j.round = r.id)
    limit 100`);
  return [...rows];
}

/** Closes the wave; undefined when another did. */
export async function settleRound(tx: Tx, market: string, id: string): Promise<Round | undefined> {
  const [row] = await tx.execute<RoundRow>(sql`
    update rounds r set state = 'SETTLED', version = version + 1, update_time = clock_timestamp()
    where ${keyOf(market, id)} and r.state = 'COMMITTED' returning ${fields}`);
  return row && roundOf(row);
}

const columnOf: Readonly<Record<keyof RoundStep, string>> = {
  state: "state",
  decisionTime: "decision_time",
  policyVersion: "policy_version",
  demandModelVersion: "demand_model_version",
  supplyModelVersion: "supply_model_version",
  statisticsVersion: "statistics_version",
  demandCount: "demand_count",
  openUnits: "open_units",
  demandsRanked: "demands_ranked",
  eligiblePairs: "eligible_pairs",
  edgeCount: "edge_count",
  unknownSupplies: "unknown_supplies",
  pairsCount: "pairs_count",
  pairsCommitted: "pairs_committed",
  holdCount: "hold_count",
  heldUnits: "held_units",
  phases: "phases",
  decideMs: "decide_ms",
  failure: "failure",
  attempts: "attempts",
  strategy: "strategy",
  seed: "seed",
  proof: "proof",
  stateVersion: "state_version",
  approvalExpireTime: "approval_expire_time",
};

function assignments(step: RoundStep): SQL[] {
  return Object.entries(step).map(([key, value]) => {
    const name = sql.raw(columnOf[key as keyof RoundStep]);
    if (key === "phases") return sql`${name} = r.phases || ${JSON.stringify(value)}::text::jsonb`;
    if (key === "proof") return sql`${name} = ${value ? JSON.stringify(value) : null}::text::jsonb`;
    return sql`${name} = ${value instanceof Date ? value.toISOString() : (value as string | number)}`;
  });
}

function leaseEnd(leaseMs: number): SQL {
  return sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond' + r.lease_shift`;
}

function keyOf(market: string, id: string): SQL {
  return sql`r.market = ${market} and r.bucket = ${bucketOf(id)} and r.id = ${id}`;
}

function roundOf(row: RoundRow): Round {
  return {
    id: row.id,
    plan: row.plan,
    planVersion: Number(row.plan_version),
    state: row.state,
    revisions: row.revisions,
    decisionTime: optionalDateOf(row.decision_time),
    policyVersion: Number(row.policy_version),
    demandModelVersion: Number(row.demand_model_version),
    supplyModelVersion: Number(row.supply_model_version),
    statisticsVersion: Number(row.statistics_version),
    demandCount: Number(row.demand_count),
    openUnits: Number(row.open_units),
    demandsRanked: Number(row.demands_ranked),
    eligiblePairs: Number(row.eligible_pairs),
    edgeCount: Number(row.edge_count),
    unknownSupplies: Number(row.unknown_supplies),
    pairsCount: Number(row.pairs_count),
    pairsCommitted: Number(row.pairs_committed),
    holdCount: Number(row.hold_count),
    heldUnits: Number(row.held_units),
    phases: row.phases,
    decideMs: row.decide_ms ?? undefined,
    failure: row.failure,
    attempts: row.attempts,
    version: Number(row.version),
    createTime: dateOf(row.create_time),
    updateTime: dateOf(row.update_time),
    traceparent: row.traceparent,
    dryRun: row.dry_run,
    trigger: row.trigger,
    dueTime: optionalDateOf(row.due_time),
    strategy: row.strategy || undefined,
    seed: Number(row.seed),
    proof: proofOf(row.proof),
    stateVersion: Number(row.state_version),
    approvalExpireTime: optionalDateOf(row.approval_expire_time),
    approver: row.approver,
    rejection: row.rejection,
  };
}

function proofOf(proof: RoundProof | string | null): RoundProof | undefined {
  if (proof === null) return undefined;
  return typeof proof === "string" ? (JSON.parse(proof) as RoundProof) : proof;
}
