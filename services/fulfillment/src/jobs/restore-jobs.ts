import type { Database } from "@marketmesh/postgres";
import { pause } from "@marketmesh/rpc";
import { takeJobless } from "../storage/call-store.ts";
import { findOverslept } from "../storage/due-store.ts";
import { purgeEarly } from "../storage/interest-store.ts";
import type { FulfillmentTelemetry } from "../telemetry.ts";
import { addCallJobs, addWakeJobs } from "./add-jobs.ts";

const untouchedMs = 3_000;
const rowsMax = 500;
const purgeEveryMs = 60_000;

/**
 * Adds jobs again that went with a process, a crash or a restored database: what has to be done stands in our own tables, jobs
 * only say when. A job too many finds nothing to do.
 */
export async function restoreJobs(
  database: Database,
  telemetry: FulfillmentTelemetry,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  let purgedMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const more = await restoreOnce(database, telemetry);
    if (performance.now() - purgedMs > purgeEveryMs) {
      while (!signal.aborted && (await database.background((tx) => purgeEarly(tx, rowsMax))) === rowsMax);
      purgedMs = performance.now();
    }
    if (!more) await pause(everyMs, signal).catch(() => {});
  }
}

/** One look; true when there was more than one look takes. */
export async function restoreOnce(
  database: Database,
  telemetry: FulfillmentTelemetry,
  afterMs = untouchedMs,
): Promise<boolean> {
  const calls = await database.background(async (tx) => {
    const jobless = await takeJobless(tx, afterMs, rowsMax);
    await addCallJobs(tx, jobless);
    return jobless.length;
  });
  const wakes = await database.background(async (tx) => {
    const overslept = await findOverslept(tx, afterMs, rowsMax);
    for (const [market, runs] of Map.groupBy(overslept, (one) => one.market)) {
      await addWakeJobs(
        tx,
        market,
        runs.map(({ run }) => ({ run, atMs: undefined })),
      );
    }
    return overslept.length;
  });
  telemetry.restored("call", calls);
  telemetry.restored("wake", wakes);
  return calls === rowsMax;
}
