import type { Tx } from "@marketmesh/postgres";
import { loggingOfBatch } from "../decisions/log-decided.ts";
import { type Decision, type DecisionResult, resultOf } from "../domain/decision.ts";
import type { Hold } from "../domain/hold.ts";
import { holdIdOf } from "../domain/hold-id.ts";
import type { Ledger } from "../domain/ledger.ts";
import { wantedOf } from "../domain/level.ts";
import { type DemandChoices, type Pick, type Picked, pickSupplies } from "../domain/pick-supplies.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { holdOf, type Terms, type WantedHold, writeHolds } from "../ledger/take-holds.ts";
import type { FilteredDemand } from "../mesh/filter.ts";
import { keepChoices } from "../offers/keep-rankings.ts";
import { phase } from "../spans.ts";
import { type Clock, holdClock } from "../storage/clock-store.ts";
import { insertDecisions } from "../storage/decision-store.ts";
import { readGivenSupplies } from "../storage/hold-store.ts";
import type { Batch, JudgedBatch } from "./judge-batch.ts";
import { type CutChoices, lookAhead } from "./look-ahead.ts";

/** What was decided about one demand. */
export interface DecidedDemand {
  readonly decision: Decision;
  readonly holds: readonly Hold[];
}

/** The transaction has to be undone and begun again, looking at more supplies. */
export class Undecided extends Error {
  override readonly name = "Undecided";
  readonly missing: Exclude<Picked, { kind: "DECIDED" }>;

  constructor(missing: Exclude<Picked, { kind: "DECIDED" }>) {
    super("more supplies must be looked at");
    this.missing = missing;
  }
}

/**
 * Decides a batch in this transaction: demands in order, each its best supplies that can still be claimed.
 *
 * All rows are locked in one sorted statement; locking further ones later would deadlock with others that do the same. So
 * it locks what it expects to need and `spare` more per demand, and throws Undecided when others were faster still.
 */
export async function decideBatch(tx: Tx, attempt: Attempt): Promise<DecidedDemand[]> {
  const { batch, judged, spare } = attempt;
  const { market, plan } = batch;
  const clock = await holdClock(tx, market);
  const wanted = new Set(batch.demands);
  const all = judged.choices().filter(({ demand }) => wanted.has(demand));
  const { choices, listings, unlocked } = await lookAhead(tx, all, {
    market,
    plan,
    spare,
    wanted: (demand) => judged.unitsWanted(demand),
    now: clock.time,
  });
  const ledger = await openLedger(tx, market, listings);
  // What has version 1 was never claimed.
  const claimed = batch.demands.filter((demand) => (ledger.levelOf(demand)?.version ?? 0) > 1);
  const given = await readGivenSupplies(tx, market, plan.id, claimed);
  const openUnits = new Map(batch.demands.map((demand) => [demand, openUnitsOf(ledger, demand)]));
  const picked = phase("assign", { "marketmesh.demands": choices.length }, () =>
    pickSupplies(
      plan,
      ledger,
      choices.map((choice) => without(choice, given.get(choice.demand))),
      (demand, supply, units) => unlocked.supplyRefusal({ demand, supply, units }) !== undefined,
    ),
  );
  if (picked.kind !== "DECIDED")
    throw new Undecided(sawAll(picked, choices) ? picked : { kind: "LOCK_MORE" });
  return record(tx, attempt, clock, ledger, picked.picks, openUnits);
}

/** Whether those that need more ranked have used up all that is. */
function sawAll(picked: Exclude<Picked, { kind: "DECIDED" }>, choices: readonly CutChoices[]): boolean {
  if (picked.kind !== "RANK_MORE") return true;
  const missing = new Set(picked.demands);
  return !choices.some(({ demand, cut }) => cut && missing.has(demand));
}

/** One try at a batch. */
export interface Attempt {
  readonly batch: Batch;
  readonly judged: JudgedBatch;
  /** Supplies to lock per demand beyond what it is expected to take. */
  readonly spare: number;
  readonly uuid: () => string;
  /** Version and commit that run. */
  readonly release: string;
  /** Since the request came. */
  readonly elapsedMs: () => number;
}

function openUnitsOf(ledger: Ledger, demand: string): number {
  const level = ledger.levelOf(demand);
  return level ? wantedOf(level) : 0;
}

// Read again under the locks: a decision that ran beside this one may have given the demand one of these.
function without(choice: DemandChoices, given: ReadonlySet<string> | undefined): DemandChoices {
  if (!given) return choice;
  return { ...choice, candidates: choice.candidates.filter(({ supply }) => !given.has(supply)) };
}

async function record(
  tx: Tx,
  { batch, judged, uuid, release, elapsedMs }: Attempt,
  clock: Clock,
  ledger: Ledger,
  picks: readonly Pick[],
  openUnits: ReadonlyMap<string, number>,
): Promise<DecidedDemand[]> {
  const { market, plan, demands } = batch;
  const log = uuid();
  const idOf = new Map(demands.map((demand) => [demand, uuid()]));
  const expireTime = new Date(clock.time.getTime() + plan.acceptanceWindowMs);
  const terms: Terms = { answeredBy: plan.answeredBy, commit: true, expireTime, rules: plan.offers };
  const claimed = picks.map((pick) => {
    const wanted = wantedHold(market, plan.id, idOf.get(pick.demand)!, pick);
    return holdOf(wanted, pick.claim, terms, clock.time);
  });
  const holds = await writeHolds(tx, market, ledger, claimed, terms, clock);
  const byDemand = Map.groupBy(holds, (hold) => hold.demand);
  const decided = demands.map((demand) => {
    const held = byDemand.get(demand) ?? [];
    const id = idOf.get(demand)!;
    return {
      decision: decisionOf(batch, judged, clock, log, demand, id, openUnits.get(demand)!, held),
      holds: held,
    };
  });
  const { versions, decisionTime } = judged;
  const entry = { log, plan, versions, release };
  const { logging } = await loggingOfBatch(market, entry, decisionTime, judged.choices(), openUnits, picks);
  const durationMs = elapsedMs();
  const timed = decided.map(({ decision, holds }) => ({ decision: { ...decision, durationMs }, holds }));
  await insertDecisions(
    tx,
    market,
    timed.map(({ decision }) => decision),
    logging,
  );
  await keepChoices(tx, market, plan, idOf, judged.choices(), clock.time);
  return timed;
}

function wantedHold(market: string, plan: string, decision: string, pick: Pick): WantedHold {
  const { demand, supply, units, demandScore: score, supplyScore } = pick;
  const id = holdIdOf(market, `decision/${decision}`, demand, supply);
  return { id, demand, supply, units, score, supplyScore, plan, round: "", decision };
}

function decisionOf(
  { plan }: Batch,
  judged: JudgedBatch,
  clock: Clock,
  log: string,
  demand: string,
  id: string,
  openUnits: number,
  holds: readonly Hold[],
): Decision {
  const filtered = judged.filtered.get(demand);
  return {
    id,
    demand,
    plan: plan.id,
    log,
    round: "",
    planVersion: plan.version,
    ...judged.versions,
    demandVersion: filtered?.demandVersion ?? 0,
    feedSeq: filtered?.feedSeq ?? 0,
    decisionTime: judged.decisionTime,
    funnel: filtered?.funnel,
    openUnits,
    result: judgedResult(filtered, openUnits, holds),
    durationMs: undefined,
    createTime: clock.time,
  };
}

function judgedResult(
  filtered: FilteredDemand | undefined,
  openUnits: number,
  holds: readonly Hold[],
): DecisionResult {
  if (!filtered || filtered.absent) return "NOT_OPEN";
  const heldUnits = holds.reduce((sum, { units }) => sum + units, 0);
  return resultOf({ openUnits, heldUnits, eligible: filtered.eligible, choices: 0 });
}
