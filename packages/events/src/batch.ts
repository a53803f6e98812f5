import type { Envelope } from "@marketmesh/contracts/events/v1";
import type { Database, Tx } from "@marketmesh/postgres";
import type { Handle } from "./events.ts";
import {
  aggregateKey,
  bury,
  count,
  countAttempt,
  handledVersions,
  type Outcome,
  park,
  record,
  recordAgain,
  saveHandledVersions,
  takeUnparkable,
} from "./inbox.ts";
import type { OnNotice } from "./notice.ts";
import { isPassing } from "./passing.ts";
import { failActiveSpan, processSpan } from "./spans.ts";

/** What one work subscription needs to handle events. */
export interface Worker {
  readonly database: Database;
  readonly subscription: string;
  readonly batchMax: number;
  readonly gatherMs: number;
  readonly ordered: boolean;
  readonly attemptsMax: number;
  readonly handle: Handle;
  readonly onNotice: OnNotice;
}

/** Events that failed and how often they did; `waits` for one that only waits for a neighbour. */
export type Failing = ReadonlyMap<Envelope, number>;

/** In place of a number of attempts: none was counted. */
export const waits = Number.POSITIVE_INFINITY;

// More events than this that only wait, and it is the neighbour that is away.
const waitingMax = 2;

const none: Failing = new Map();

/**
 * Handles events: all in one transaction or, when that fails, in halves, until the failing event stands alone; so one
 * poison event costs its batch mates some transactions and nothing else. Returns the events that are to be delivered
 * again, with their failed attempts; all others are recorded. Throws only what is no fault of an event (isPassing).
 *
 * @param apart for a subscription that has waited for long: up to two events that only wait are set apart like poison, so
 *   that one whose handler never gets an answer does not hold up all others
 */
export async function handleBatch(
  worker: Worker,
  envelopes: readonly Envelope[],
  apart = false,
): Promise<Failing> {
  const budget = { left: apart ? waitingMax : 0 };
  return processSpan(worker.subscription, envelopes, () =>
    bisect(worker, envelopes, (tx, part) => handleNew(worker, tx, part), { budget }),
  );
}

/** Handles parked events whose turn has come; returns false when there was nothing more to do. */
export async function handleParked(worker: Worker): Promise<boolean> {
  const { database, subscription, batchMax } = worker;
  let taken: readonly Envelope[] = [];
  try {
    await database.background(async (tx) => {
      taken = await takeUnparkable(tx, subscription, batchMax);
      await handleTaken(worker, tx, taken);
    });
    return taken.length > 0;
  } catch (error) {
    if (isPassing(error)) throw error;
    // The rollback put them back; each is tried alone, and one that keeps failing is buried.
    const failing = await bisect(worker, taken, (tx, part) => handleTakenAgain(worker, tx, part), {
      alreadyFailed: true,
    });
    return failing.size === 0;
  }
}

async function handleNew(worker: Worker, tx: Tx, envelopes: readonly Envelope[]): Promise<void> {
  const { subscription } = worker;
  const fresh = await record(tx, subscription, envelopes, () => "handled");
  const ready = worker.ordered ? await takeTurns(worker, tx, fresh) : fresh;
  if (ready.length > 0) await worker.handle(tx, ready);
  await count(tx, "redelivered", envelopes.length - fresh.length);
  await count(tx, "consumed", ready.length);
}

/** Records whose turn has come, is past or is to be waited for; returns the first kind in the order of versions. */
async function takeTurns(
  worker: Worker,
  tx: Tx,
  envelopes: readonly Envelope[],
): Promise<readonly Envelope[]> {
  if (envelopes.length === 0) return [];
  const { subscription } = worker;
  const outcomes = await sortByTurn(worker, tx, envelopes);
  const of = (wanted: Outcome) =>
    [...outcomes].filter(([, outcome]) => outcome === wanted).map(([envelope]) => envelope);
  const ready = of("handled");
  await park(tx, subscription, of("parked"));
  for (const outcome of ["handled", "stale", "parked"] as const) {
    await recordAgain(tx, subscription, of(outcome), outcome);
  }
  if (ready.length > 0) await saveHandledVersions(tx, subscription, ready);
  return ready;
}

async function handleTaken(worker: Worker, tx: Tx, taken: readonly Envelope[]): Promise<void> {
  const ready = await takeTurns(worker, tx, taken);
  if (ready.length > 0) await processSpan(worker.subscription, ready, () => worker.handle(tx, ready));
  await count(tx, "consumed", ready.length);
}

async function handleTakenAgain(worker: Worker, tx: Tx, part: readonly Envelope[]): Promise<void> {
  const ids = new Set(part.map((envelope) => envelope.eventId));
  const all = await takeUnparkable(tx, worker.subscription, worker.batchMax);
  await park(
    tx,
    worker.subscription,
    all.filter((envelope) => !ids.has(envelope.eventId)),
  );
  await handleTaken(
    worker,
    tx,
    all.filter((envelope) => ids.has(envelope.eventId)),
  );
}

/** Tells for each event whether its turn has come, is past, or is to be waited for; ascending by version. */
async function sortByTurn(
  worker: Worker,
  tx: Tx,
  envelopes: readonly Envelope[],
): Promise<ReadonlyMap<Envelope, Outcome>> {
  const versions = await handledVersions(tx, worker.subscription, envelopes);
  const outcomes = new Map<Envelope, Outcome>();
  for (const envelope of [...envelopes].sort((a, b) => Number(a.aggregateVersion - b.aggregateVersion))) {
    const key = aggregateKey(envelope);
    const last = versions.get(key) ?? 0n;
    const early = envelope.aggregateVersion > last + 1n;
    outcomes.set(envelope, early ? "parked" : envelope.aggregateVersion <= last ? "stale" : "handled");
    if (envelope.aggregateVersion === last + 1n) versions.set(key, envelope.aggregateVersion);
  }
  return outcomes;
}

async function bisect(
  worker: Worker,
  envelopes: readonly Envelope[],
  work: (tx: Tx, part: readonly Envelope[]) => Promise<void>,
  { alreadyFailed = false, budget = { left: 0 } } = {},
): Promise<Failing> {
  if (envelopes.length === 0) return none;
  let failure: unknown;
  if (!alreadyFailed || envelopes.length === 1) {
    try {
      await worker.database.background((tx) => work(tx, envelopes));
      return none;
    } catch (error) {
      if (isPassing(error) && budget.left === 0) throw error;
      failure = error;
    }
  }
  const [only] = envelopes;
  if (envelopes.length === 1 && only && isPassing(failure)) {
    budget.left--;
    return new Map([[only, waits]]);
  }
  if (envelopes.length === 1 && only) return fail(worker, only, failure);
  const middle = Math.ceil(envelopes.length / 2);
  const first = await bisect(worker, envelopes.slice(0, middle), work, { budget });
  return new Map([...first, ...(await bisect(worker, envelopes.slice(middle), work, { budget }))]);
}

async function fail(worker: Worker, envelope: Envelope, failure: unknown): Promise<Failing> {
  const { database, subscription } = worker;
  failActiveSpan(failure);
  const error = failure instanceof Error ? failure.message : String(failure);
  const attempts = await database.background(async (tx) => {
    const tried = await countAttempt(tx, subscription, envelope);
    if (tried < worker.attemptsMax) return tried;
    await bury(tx, subscription, envelope, { error, attempts: tried });
    return 0;
  });
  const attributes = { subscription, event: String(envelope.eventId), feed: envelope.feed };
  const message = attempts === 0 ? "event became a dead letter" : "event failed";
  worker.onNotice({ level: attempts === 0 ? "error" : "warn", message, attributes });
  return attempts === 0 ? none : new Map([[envelope, attempts]]);
}
