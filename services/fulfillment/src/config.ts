import { type ConfigSpec, integer } from "@marketmesh/service-host";

export interface FulfillmentConfig {
  readonly jobsPoolMax: number;
  readonly callsMax: number;
  readonly callTimeoutMs: number;
  readonly callAttemptsMax: number;
  readonly runsPerWake: number;
  readonly restoreEveryMs: number;
  readonly runsKeptDays: number;
}

export const fulfillmentConfig: ConfigSpec<FulfillmentConfig> = {
  jobsPoolMax: integer({
    env: "DATABASE_JOBS_POOL_MAX",
    doc: "Connections of the job queue, one of which listens; besides the two pools.",
    unit: "connections",
    fallback: 3,
    min: 2,
    max: 50,
  }),
  callsMax: integer({
    env: "FULFILLMENT_CALLS_MAX",
    doc: "Jobs (calls of runs, wakes) that this process has in hand at once.",
    unit: "jobs",
    fallback: 128,
    min: 1,
    max: 1_000,
  }),
  callTimeoutMs: integer({
    env: "FULFILLMENT_CALL_TIMEOUT_MS",
    doc: "The deadline of one attempt of a run's call.",
    unit: "ms",
    fallback: 10_000,
    min: 100,
    max: 60_000,
  }),
  callAttemptsMax: integer({
    env: "FULFILLMENT_CALL_ATTEMPTS_MAX",
    doc: "Attempts of a run's call while the other side is away or busy; then the run is told.",
    unit: "attempts",
    fallback: 100,
    min: 1,
    max: 1_000,
  }),
  runsPerWake: integer({
    env: "FULFILLMENT_RUNS_PER_WAKE",
    doc: "Runs of a sandbox market that one transaction wakes.",
    unit: "runs",
    fallback: 200,
    min: 1,
    max: 1_000,
  }),
  restoreEveryMs: integer({
    env: "FULFILLMENT_RESTORE_EVERY_MS",
    doc: "How often jobs are looked for that went with a process, a crash or a restore.",
    unit: "ms",
    fallback: 2_000,
    min: 50,
    max: 60_000,
  }),
  runsKeptDays: integer({
    env: "FULFILLMENT_RUNS_KEPT_DAYS",
    doc: "How long a run, its history and its tasks are kept after it ended, by the database's clock.",
    unit: "days",
    fallback: 400,
    // Facts are announced for 7 days, and dead ones may wait for somebody to look at them.
    min: 30,
    max: 36_500,
  }),
};
