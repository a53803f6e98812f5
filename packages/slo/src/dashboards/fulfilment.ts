import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard, type Row } from "./dashboard.ts";
import { quantile, timeseries } from "./panels.ts";

const job = "fulfillment";
const chosen = 'market=~"$market"';

/** What comes after an allocation: runs of workflows, their calls, the tasks of people. */
export function fulfilment(): Dashboard {
  return dashboard({
    uid: "marketmesh-fulfilment",
    title: "marketmesh / fulfilment",
    description:
      "What comes after an allocation: runs of workflows, their calls and timers, the tasks of people.",
    marketsOf: "marketmesh_runs",
    rows: [runs(), calls(), tasks()],
  });
}

function runs(): Row {
  return {
    title: "Runs",
    panels: [
      timeseries({
        title: "Runs by state",
        description: "Runs that have not ended. FAULTED ones wait for a person.",
        unit: "none",
        job,
        queries: [
          { expr: `max by (market, state) (marketmesh_runs{${chosen}})`, legend: "{{market}} {{state}}" },
        ],
      }),
      timeseries({
        title: "What becomes of runs",
        description: "Runs a second that came into a state.",
        unit: "cps",
        job,
        queries: [
          {
            expr: `sum by (market, state) (rate(marketmesh_run_changes_total{${chosen}}[$__rate_interval]))`,
            legend: "{{market}} {{state}}",
          },
        ],
      }),
      timeseries({
        title: "Steps",
        description: "Steps of runs a second, by what happened.",
        unit: "cps",
        job,
        queries: [
          {
            expr: "sum by (event) (rate(marketmesh_run_steps_total[$__rate_interval]))",
            legend: "{{event}}",
          },
        ],
      }),
      timeseries({
        title: "Runs that came to stand still",
        description: "Runs within an hour that faulted, by workflow.",
        unit: "none",
        job,
        queries: [
          {
            expr: `sum by (workflow) (increase(marketmesh_runs_faulted_total{${chosen}}[1h]))`,
            legend: "{{workflow}}",
          },
        ],
      }),
      timeseries({
        title: "Time of a transaction that moves runs, p99",
        description: "From its begin to its commit, by what it handles. Points are traces.",
        unit: "s",
        job,
        queries: [
          {
            expr: quantile(0.99, "marketmesh_run_step_batch_duration_seconds_bucket", ["by"]),
            legend: "{{by}}",
          },
        ],
      }),
    ],
  };
}

function calls(): Row {
  return {
    title: "Calls and timers",
    panels: [
      timeseries({
        title: "Calls of runs",
        description: "Attempts a second by what they answered.",
        unit: "cps",
        job,
        queries: [
          {
            expr: "sum by (method, code) (rate(marketmesh_run_calls_total[$__rate_interval]))",
            legend: "{{method}} {{code}}",
          },
        ],
      }),
      timeseries({
        title: "Jobs begin late",
        description: "From when a job could begin until a worker began it: half of them, and 95 %.",
        unit: "s",
        job,
        queries: [0.5, 0.95].map((share) => ({
          expr: quantile(share, "marketmesh_job_lag_seconds_bucket"),
          legend: `p${share * 100}`,
        })),
      }),
      timeseries({
        title: "Calls given up, jobs restored",
        description:
          "Within an hour: calls whose attempts were used up, and jobs that were lost with a process and added again.",
        unit: "none",
        job,
        queries: [
          {
            expr: "sum by (method) (increase(marketmesh_run_calls_given_up_total[1h]))",
            legend: "given up: {{method}}",
          },
          { expr: "sum(increase(marketmesh_jobs_restored_total[1h]))", legend: "restored" },
        ],
      }),
    ],
  };
}

function tasks(): Row {
  return {
    title: "Tasks of people",
    panels: [
      timeseries({
        title: "Tasks",
        description: "Tasks that somebody has to do.",
        unit: "none",
        job,
        queries: [{ expr: `max by (market) (marketmesh_tasks_open{${chosen}})`, legend: "{{market}}" }],
      }),
      timeseries({
        title: "Tasks overdue",
        description: "Tasks whose time has run out and that were not ended yet.",
        unit: "none",
        job,
        queries: [{ expr: `max by (market) (marketmesh_tasks_overdue{${chosen}})`, legend: "{{market}}" }],
      }),
    ],
  };
}
