import type { Database } from "@marketmesh/postgres";
import { pause } from "@marketmesh/rpc";
import { closeRuns, removeClosedRuns, takeRemoving } from "./storage/retention-store.ts";
import type { FulfillmentTelemetry } from "./telemetry.ts";

const everyMs = 60_000;
/** A run has some hundred rows. */
const runsPerBatch = 100;
const closesPerBatch = 1_000;

/** Removes runs with their history and tasks, so long after they ended; one replica at a time, in small transactions. */
export async function removeEndedRuns(
  database: Database,
  telemetry: FulfillmentTelemetry,
  keptMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const more = await removeOnce(database, telemetry, keptMs);
    if (!more) await pause(everyMs, signal).catch(() => {});
  }
}

/** One batch; true when there may be more. */
export async function removeOnce(
  database: Database,
  telemetry: FulfillmentTelemetry,
  keptMs: number,
): Promise<boolean> {
  const [closed, removed] = await database.background(async (tx) => {
    if (!(await takeRemoving(tx))) return [0, 0];
    return [await closeRuns(tx, closesPerBatch), await removeClosedRuns(tx, keptMs, runsPerBatch)];
  });
  telemetry.removed(removed);
  return closed === closesPerBatch || removed === runsPerBatch;
}
