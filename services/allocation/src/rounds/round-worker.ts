import { Code, ConnectError } from "@connectrpc/connect";
import { EngineError } from "@marketmesh/allocation-engine";
import { reasonOf } from "@marketmesh/rpc";
import { continueTrace } from "@marketmesh/telemetry";
import type { Round } from "../domain/round.ts";
import { nameOf } from "../rpc/names.ts";
import { phase } from "../spans.ts";
import { clearActiveRound } from "../storage/plan-store.ts";
import {
  type LeasedRound,
  LeaseLostError,
  leaseRound,
  releaseRound,
  renewLease,
  stepRound,
} from "../storage/round-store.ts";
import { saveHeld, saveUnseen } from "../storage/schedule-store.ts";
import { commitRound } from "./commit-round.ts";
import type { RoundDeps } from "./round-deps.ts";
import { topics } from "./signals.ts";
import { solveRound } from "./solve-round.ts";
import { takeSnapshot } from "./take-snapshot.ts";

const pollMs = 500;
/** Attempts at one step before a round that holds nothing yet gives up. */
const attemptsMax = 5;
/** For so long a round waits for its revisions without that counting as an attempt. */
const revisionsWaitMs = 60_000;
/** And for so long it waits for a neighbour that is away. */
const neighboursWaitMs = 600_000;
const neighboursPollMs = 1_000;

/** Takes rounds by lease, one at a time, and moves each as far as it goes. Runs until the signal aborts. */
export async function runRounds(deps: RoundDeps, signal: AbortSignal): Promise<void> {
  const owner = deps.uuid();
  while (!signal.aborted) {
    const leased = await deps.database.background((tx) => leaseRound(tx, owner, deps.leaseMs));
    if (leased) await keepingLease(deps, leased, () => traced(leased, () => moveOn(deps, leased, signal)));
    else await deps.signals.wait(topics.roundToDo, pollMs, signal);
  }
}

/** A round belongs to the trace of who started it, also when another worker takes it on. */
function traced(leased: LeasedRound, work: () => Promise<void>): Promise<void> {
  const { market, round } = leased;
  const attributes = { "marketmesh.round": nameOf(market, "rounds", round.id) };
  return continueTrace(round.traceparent, () => phase("round", attributes, work));
}

/** Renews the lease while a step works, so that it may be short: the round of a worker that died is soon taken on. */
async function keepingLease(
  { database, leaseMs, log }: RoundDeps,
  leased: LeasedRound,
  work: () => Promise<void>,
): Promise<void> {
  const timer = setInterval(() => {
    database
      .background((tx) => renewLease(tx, leased, leaseMs))
      .catch((error) => log.warn("round lease not renewed", { round: leased.round.id, error }));
  }, leaseMs / 4);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}

async function moveOn(deps: RoundDeps, leased: LeasedRound, signal: AbortSignal): Promise<void> {
  const { market, round } = leased;
  let now = leased;
  try {
    while (stepOf[now.round.state]) {
      const step = stepOf[now.round.state]!;
      const before = now;
      now = { ...now, round: await phase(step.span, {}, () => step.run(deps, before, signal)) };
      deps.faultPoint(`round.${now.round.state}`);
      deps.signals.tell(topics.round(market, round.id));
    }
    deps.signals.tell(topics.offersSettled);
    const { state, holdCount } = now.round;
    deps.log.info("round moved on", { market, round: round.id, state, holds: holdCount });
  } catch (error) {
    if (error instanceof LeaseLostError) deps.log.warn("round lease lost", { market, round: round.id });
    else await setBack(deps, now, error, signal);
    deps.signals.tell(topics.round(market, round.id));
  }
}

type Step = (deps: RoundDeps, leased: LeasedRound, signal: AbortSignal) => Promise<Round>;

const stepOf: Readonly<Partial<Record<Round["state"], { readonly span: string; readonly run: Step }>>> = {
  PENDING: { span: "snapshot", run: takeSnapshot },
  SOLVING: { span: "solve", run: solveRound },
  SOLVED: { span: "commit round", run: commitRound },
};

/** A step that failed is tried again later; only a round that holds nothing may give up. */
async function setBack(
  deps: RoundDeps,
  leased: LeasedRound,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const { database, log, leaseMs } = deps;
  const { market, round } = leased;
  const reason = error instanceof EngineError ? error.reason : (reasonOf(error) ?? "INTERNAL");
  await database.background(async (tx) => {
    if (signal.aborted) return releaseRound(tx, leased, 0);
    // Others are moved on meanwhile.
    if (waitsForRevisions(round, reason)) return releaseRound(tx, leased, pollMs);
    if (waitsForNeighbours(round, error)) {
      log.warn("round waits for a neighbour", { market, round: round.id, state: round.state, reason, error });
      return releaseRound(tx, leased, neighboursPollMs);
    }
    log.error("round step failed", { market, round: round.id, state: round.state, reason, error });
    const attempts = round.attempts + 1;
    // The same graph and plan would be refused again.
    const hopeless = error instanceof EngineError;
    if (round.state === "SOLVED" || (attempts < attemptsMax && !hopeless)) {
      await stepRound(tx, leased, { attempts }, leaseMs);
      return releaseRound(tx, leased, Math.min(500 * 2 ** attempts, 30_000));
    }
    const failure = `${round.state} failed ${attempts} times: ${reason}${hopeless ? `, ${error.message}` : ""}`;
    await stepRound(tx, leased, { state: "FAILED", attempts, failure }, leaseMs);
    await clearActiveRound(tx, market, round.plan, round.id);
    if (hopeless) await saveHeld(tx, market, round.plan, round.id);
    else await saveUnseen(tx, market, round.plan, round.id);
  });
}

function waitsForNeighbours({ createTime }: Round, error: unknown): boolean {
  const away = error instanceof ConnectError && error.code === Code.Unavailable;
  return away && Date.now() - createTime.getTime() < neighboursWaitMs;
}

function waitsForRevisions({ state, createTime }: Round, reason: string): boolean {
  const ageMs = Date.now() - createTime.getTime();
  return state === "PENDING" && reason === "NOT_CAUGHT_UP" && ageMs < revisionsWaitMs;
}
