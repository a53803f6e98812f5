import { EventEmitter } from "node:events";
import { pgConnectionOptions } from "@marketmesh/postgres";
import type { Logger } from "@marketmesh/telemetry";
import { type JobHelpers, run, type WorkerEvents, WorkerPreset } from "graphile-worker";
import pg from "pg";
import type { CallKey } from "../storage/call-store.ts";
import type { FulfillmentTelemetry } from "../telemetry.ts";
import type { DueRun } from "../timers/wake-jobs.ts";
import { jobTasks } from "./add-jobs.ts";
import { jobLogger } from "./job-logger.ts";

export interface JobWork {
  readonly call: (key: CallKey) => Promise<void>;
  readonly wake: (due: DueRun) => Promise<void>;
}

export interface JobSettings {
  /** As the background role. */
  readonly url: string;
  readonly poolMax: number;
  readonly atOnceMax: number;
}

const stopGraceMs = 5_000;

/** Works off jobs until the signal aborts; those in hand are finished, or given back. */
export async function runJobs(
  work: JobWork,
  { url, poolMax, atOnceMax }: JobSettings,
  { log, telemetry }: { readonly log: Logger; readonly telemetry: FulfillmentTelemetry },
  signal: AbortSignal,
): Promise<void> {
  const pool = new pg.Pool({
    ...pgConnectionOptions(url),
    max: poolMax,
    application_name: "marketmesh fulfillment jobs",
  });
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", (cause) => log.warn("a connection of the job queue was lost", { cause }));
  const began = (job: "call" | "wake", { job: { run_at } }: JobHelpers) =>
    telemetry.jobBegan(job, Date.now() - run_at.getTime());
  try {
    const runner = await run({
      pgPool: pool,
      noHandleSignals: true,
      logger: jobLogger((level, message) => log[level]("job queue", { message }), signal),
      events: eventsThatName(),
      preset: {
        extends: [WorkerPreset],
        worker: {
          concurrentJobs: atOnceMax,
          pollInterval: 1_000,
          localQueue: { size: atOnceMax * 2, ttl: 10_000 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          gracefulShutdownAbortTimeout: stopGraceMs,
        },
      },
      taskList: {
        [jobTasks.call]: async (payload, helpers) => {
          began("call", helpers);
          await work.call(payload as CallKey);
        },
        [jobTasks.wake]: async (payload, helpers) => {
          began("wake", helpers);
          await work.wake(payload as DueRun);
        },
      },
    });
    const stop = () => void runner.stop("the service stops").catch(() => {});
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    await runner.promise;
  } finally {
    await pool.end();
  }
}

// The connection that listens bears the name under which the process locks jobs: when it is gone, so is the process, and what it
// had locked is added again (restore-jobs.ts).
function eventsThatName(): WorkerEvents {
  const events: WorkerEvents = new EventEmitter();
  events.on("pool:listen:success", ({ client, workerPool }) => {
    // Once it listens: a client takes one query at a time.
    const name = () => client.query("select set_config('application_name', $1, false)", [workerPool.id]);
    client.once("drain", () => void name().catch(() => {}));
  });
  return events;
}
