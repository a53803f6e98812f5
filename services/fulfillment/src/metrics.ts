import { defineMetric } from "@marketmesh/telemetry";

const market = "The market's id; at most 2,000, then `overflow`";
const state = "`RUNNING`, `WAITING`, `FAULTED`, `COMPLETED` or `CANCELLED`";

export const runs = defineMetric({
  type: "gauge",
  name: "runs",
  unit: "{run}",
  help: "Runs that have not ended, by state; every replica tells the same",
  labels: { market, state: "`RUNNING`, `WAITING` or `FAULTED`" },
});

export const runChanges = defineMetric({
  type: "counter",
  name: "run_changes_total",
  unit: "{run}",
  help: "Runs that came into a state; one replica counts each",
  labels: { market, state },
});

export const runSteps = defineMetric({
  type: "counter",
  name: "run_steps_total",
  unit: "{step}",
  help: "Steps of runs by what happened; one replica counts each",
  labels: { event: "`started`, `received`, `returned`, `failed`, `woken`, `retried` or `cancelled`" },
});

export const stepBatchDuration = defineMetric({
  type: "histogram",
  name: "run_step_batch_duration_seconds",
  unit: "s",
  help: "Transactions that move runs, from their begin to their commit",
  labels: { by: "`facts`, `answers` or `timers`" },
});

export const jobLag = defineMetric({
  type: "histogram",
  name: "job_lag_seconds",
  unit: "s",
  help: "From when a job could begin until a worker began it",
  labels: { kind: "`call` or `wake`" },
});

export const runCalls = defineMetric({
  type: "counter",
  name: "run_calls_total",
  unit: "{call}",
  help: "Calls of runs by what they answered; each attempt counts",
  labels: { method: "`package.Service/Method`", code: "`OK` or a status" },
});

export const callsGivenUp = defineMetric({
  type: "counter",
  name: "run_calls_given_up_total",
  unit: "{call}",
  help: "Calls of runs whose attempts were used up; their runs were told",
  labels: { method: "`package.Service/Method`" },
});

export const jobsRestored = defineMetric({
  type: "counter",
  name: "jobs_restored_total",
  unit: "{job}",
  help: "Jobs that were lost with a process, a crash or a restore and were added again",
  labels: { kind: "`call` or `wake`" },
});

export const runsRemoved = defineMetric({
  type: "counter",
  name: "runs_removed_total",
  unit: "{run}",
  help: "Ended runs whose time of keeping was over; one replica counts each",
});

export const tasksOpen = defineMetric({
  type: "gauge",
  name: "tasks_open",
  unit: "{task}",
  help: "Tasks that somebody has to do; every replica tells the same",
  labels: { market },
});

export const tasksOverdue = defineMetric({
  type: "gauge",
  name: "tasks_overdue",
  unit: "{task}",
  help: "Tasks whose time has run out and that were not ended yet; every replica tells the same",
  labels: { market },
});

export const runsFaulted = defineMetric({
  type: "counter",
  name: "runs_faulted_total",
  unit: "{run}",
  help: "Runs that came to stand still; one replica counts each",
  labels: { market, workflow: "The workflow's id; at most 2,000 with the market, then `overflow`" },
});
