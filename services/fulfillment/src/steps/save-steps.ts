import { type Announcement, announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { continueTrace } from "@marketmesh/telemetry";
import { hasEnded } from "../domain/run.ts";
import { stagesOf } from "../domain/stages.ts";
import { emissionFact, runFacts, taskFact } from "../events/outbox.ts";
import { addCallJobs, addWakeJobs } from "../jobs/add-jobs.ts";
import { deleteCalls, deleteCallsOf, insertCalls } from "../storage/call-store.ts";
import { inChunks } from "../storage/chunks.ts";
import { appendHistory, saveStages } from "../storage/history-store.ts";
import { deleteInterests, insertInterests } from "../storage/interest-store.ts";
import { insertRuns, saveRuns } from "../storage/run-store.ts";
import { insertTasks, saveTasks } from "../storage/task-store.ts";
import type { MovingRun } from "./moving-run.ts";
import type { StepPlace } from "./run-steps.ts";

/** Writes what moved; returns the new runs that were there already, of which nothing is written. */
export async function saveSteps(
  tx: Tx,
  place: StepPlace,
  all: readonly MovingRun[],
): Promise<ReadonlySet<string>> {
  const { market } = place;
  for (const moving of all) moving.settle();
  const begun = all.filter(({ before }) => !before);
  const inserted = begun.length > 0 ? await insertRuns(tx, market, begun) : new Set<string>();
  const taken = new Set(begun.map(({ run }) => run.id).filter((id) => !inserted.has(id)));
  const kept = all.filter(({ run }) => !taken.has(run.id));
  const moved = kept.filter((moving) => moving.moved);
  await saveRuns(
    tx,
    market,
    moved.filter(({ before }) => before),
  );
  await saveCourse(tx, market, moved);
  await saveHearing(tx, market, moved);
  await saveTasksOf(tx, market, kept);
  await saveCalls(tx, market, kept);
  if (place.clock.mode === "REAL") await addWakeJobs(tx, market, wakesOf(kept));
  await announceAll(tx, market, kept);
  return taken;
}

async function saveCourse(tx: Tx, market: string, moved: readonly MovingRun[]): Promise<void> {
  const entries = moved.flatMap(({ run, entries }) => entries.map((kept) => ({ run: run.id, ...kept })));
  await appendHistory(tx, market, entries);
  const stages = moved.map(({ run, entries }) => ({
    run: run.id,
    workflow: run.workflow,
    ...stagesOf(entries.map(({ entry }) => entry)),
  }));
  await saveStages(tx, market, stages);
}

/** What begun runs may hear, until they end. */
async function saveHearing(tx: Tx, market: string, moved: readonly MovingRun[]): Promise<void> {
  const begun = moved.filter(({ before, state }) => !before && !hasEnded(state.status));
  const interests = begun.flatMap((moving) =>
    moving.interests.map(({ type, subject }) => ({ run: moving.run.id, type, subject })),
  );
  await insertInterests(tx, market, interests);
  const ended = moved
    .filter(({ before, state }) => before && hasEnded(state.status))
    .map(({ run }) => run.id);
  await deleteInterests(tx, market, ended);
}

async function saveTasksOf(tx: Tx, market: string, kept: readonly MovingRun[]): Promise<void> {
  const created = kept.flatMap(({ tasks, createdTasks }) => [...createdTasks].map((id) => tasks.get(id)!));
  const changed = kept.flatMap(({ tasks, createdTasks, changedTasks }) =>
    [...changedTasks].filter((id) => !createdTasks.has(id)).map((id) => tasks.get(id)!),
  );
  // Those that ended first: a run may have made a new one of the same type in the same step.
  await saveTasks(tx, market, changed);
  await insertTasks(tx, market, created);
}

async function saveCalls(tx: Tx, market: string, kept: readonly MovingRun[]): Promise<void> {
  const answered = kept.flatMap(({ run, answered }) =>
    [...answered].map((effect) => ({ run: run.id, effect })),
  );
  await deleteCalls(tx, market, answered);
  const ended = kept.filter(({ before, state, moved }) => before && moved && hasEnded(state.status));
  await deleteCallsOf(
    tx,
    market,
    ended.map(({ run }) => run.id),
  );
  const calls = kept
    .filter(({ state }) => !hasEnded(state.status))
    .flatMap(({ calls, answered }) => calls.filter(({ effect }) => !answered.has(effect)));
  await insertCalls(tx, market, calls);
  await addCallJobs(
    tx,
    calls.map(({ run, effect }) => ({ market, run, effect })),
  );
}

/** Runs of a real market whose next timer is not the one that a job was added for. */
function wakesOf(kept: readonly MovingRun[]): { run: string; atMs: number }[] {
  return kept.flatMap((moving) => {
    const touched = moving.moved || moving.createdTasks.size + moving.changedTasks.size > 0;
    const atMs = hasEnded(moving.state.status) ? undefined : moving.earliestMs;
    return touched && atMs !== undefined && atMs !== moving.earliestBeforeMs
      ? [{ run: moving.run.id, atMs }]
      : [];
  });
}

// Facts carry the trace of what made them, as long as that is not a statement for each of many.
const tracesMax = 8;

async function announceAll(tx: Tx, market: string, kept: readonly MovingRun[]): Promise<void> {
  const byTrace = new Map<string, Announcement[]>();
  for (const moving of kept) {
    const facts = factsOf(market, moving);
    if (facts.length > 0)
      byTrace.set(moving.traceparent, [...(byTrace.get(moving.traceparent) ?? []), ...facts]);
  }
  const groups = byTrace.size <= tracesMax ? [...byTrace] : ([["", [...byTrace.values()].flat()]] as const);
  for (const [traceparent, facts] of groups) {
    for (const chunk of inChunks(facts, 5_000)) await continueTrace(traceparent, () => announce(tx, chunk));
  }
}

function factsOf(market: string, moving: MovingRun): Announcement[] {
  const { run, facts, tasks, createdTasks, changedTasks, emissions } = moving;
  return [
    ...runFacts(market, run, facts),
    ...[...createdTasks].map((id) => taskFact(market, tasks.get(id)!, true)),
    ...[...changedTasks].map((id) => taskFact(market, tasks.get(id)!)),
    ...emissions.map((event) => emissionFact(market, run, event)),
  ];
}
