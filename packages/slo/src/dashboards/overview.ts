import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { anyOf } from "../promql.ts";
import { faultCodes } from "../slo/indicators.ts";
import { dashboard, type Row } from "./dashboard.ts";
import { quantile, stat, timeseries } from "./panels.ts";

const duration = "marketmesh_rpc_server_duration_seconds";
const ours = 'method=~"marketmesh[.].+"';
const faults = `code=~"${anyOf(faultCodes)}"`;

/** The whole mesh on one page: is it well, and if not, where. */
export function overview(services: readonly string[]): Dashboard {
  const all = anyOf(services);
  return dashboard({
    uid: "marketmesh-overview",
    title: "marketmesh / overview",
    description:
      "The whole mesh on one page: is it well, and if not, in which service. Each service has a dashboard of its own.",
    rows: [now(all), objectives(), calls(), processes(), facts(), outcomes()],
  });
}

function now(job: string): Row {
  return {
    title: "Now",
    panels: [
      stat({
        title: "Pages",
        description: "Alerts that wake somebody and fire now.",
        job,
        unit: "none",
        alarmAt: 1,
        queries: [{ expr: 'sum(ALERTS{alertstate="firing",severity="page"}) or vector(0)', legend: "pages" }],
      }),
      stat({
        title: "Tickets",
        description: "Alerts for working hours that fire now.",
        job,
        unit: "none",
        queries: [
          { expr: 'sum(ALERTS{alertstate="firing",severity="ticket"}) or vector(0)', legend: "tickets" },
        ],
      }),
      stat({
        title: "Least budget left",
        description:
          "Of all objectives, what is left of the month's error budget where least is left. Below 0 a promise is broken.",
        job,
        unit: "percentunit",
        queries: [{ expr: "min(slo:period_error_budget_remaining:ratio)", legend: "left" }],
      }),
      stat({
        title: "Calls",
        description: "Calls a second over all services, calls between services included.",
        job,
        unit: "reqps",
        queries: [{ expr: `sum(rate(${duration}_count{${ours}}[$__rate_interval]))`, legend: "calls" }],
      }),
      stat({
        title: "Failed by our fault",
        description: "Share of the calls that failed by our fault, refusals for overload included.",
        job,
        unit: "percentunit",
        alarmAt: 0.01,
        queries: [
          {
            expr: `(sum(rate(${duration}_count{${ours},${faults}}[$__rate_interval]) or rate(marketmesh_rpc_server_overloaded_total[$__rate_interval])) or vector(0)) / sum(rate(${duration}_count{${ours}}[$__rate_interval]))`,
            legend: "failed",
          },
        ],
      }),
      stat({
        title: "Processes",
        description: "Processes of all services that are seen now.",
        job,
        unit: "none",
        queries: [{ expr: "count(marketmesh_process_uptime_seconds)", legend: "processes" }],
      }),
    ],
  };
}

function objectives(): Row {
  return {
    title: "Objectives",
    panels: [
      timeseries({
        title: "Error budget left this month",
        min: -1,
        description: "By service and objective of the contracts; at 0 the promise of 30 days is used up.",
        unit: "percentunit",
        max: 1,
        queries: [{ expr: "slo:period_error_budget_remaining:ratio", legend: "{{job}} {{sloth_slo}}" }],
      }),
      timeseries({
        title: "Burn rate",
        description:
          "How many times faster than allowed the budget burns now. 1 lasts a month, 14.4 for an hour is a page.",
        unit: "none",
        queries: [{ expr: "slo:current_burn_rate:ratio", legend: "{{job}} {{sloth_slo}}" }],
      }),
      timeseries({
        title: "Failed calls",
        description: "Share of the calls with an objective that failed by our fault within five minutes.",
        unit: "percentunit",
        queries: [
          {
            expr: 'slo:sli_error:ratio_rate5m{sloth_slo=~"availability-.+"}',
            legend: "{{job}} {{sloth_slo}}",
          },
        ],
      }),
      timeseries({
        title: "Slow calls",
        description:
          "Share of the answered calls that took longer than their method's objective, within five minutes. 1 % is allowed.",
        unit: "percentunit",
        queries: [
          { expr: 'slo:sli_error:ratio_rate5m{sloth_slo=~"latency-.+"}', legend: "{{job}} {{sloth_slo}}" },
        ],
      }),
    ],
  };
}

function calls(): Row {
  return {
    title: "Calls",
    panels: [
      timeseries({
        title: "Calls by service",
        description: "Calls a second that each service handled.",
        unit: "reqps",
        queries: [
          { expr: `sum by (job) (rate(${duration}_count{${ours}}[$__rate_interval]))`, legend: "{{job}}" },
        ],
      }),
      timeseries({
        title: "Refused and failed, by code",
        description:
          "Calls a second that were not answered OK. Callers' mistakes are among them: INVALID_ARGUMENT, NOT_FOUND, ABORTED.",
        unit: "reqps",
        stack: true,
        queries: [
          {
            expr: `sum by (job, code) (rate(${duration}_count{${ours},code!="OK"}[$__rate_interval]))`,
            legend: "{{job}} {{code}}",
          },
        ],
      }),
      timeseries({
        title: "Time of calls, p99",
        description: "99 % of a service's calls took at most this long, streams included. Points are traces.",
        unit: "s",
        queries: [{ expr: quantile(0.99, `${duration}_bucket{${ours}}`, ["job"]), legend: "{{job}}" }],
      }),
      timeseries({
        title: "Refused for overload",
        description: "Calls a second that were refused because a process was full.",
        unit: "reqps",
        queries: [
          {
            expr: `sum by (job) (rate(marketmesh_rpc_server_overloaded_total[$__rate_interval])) or 0 * sum by (job) (rate(${duration}_count{${ours}}[$__rate_interval]))`,
            legend: "{{job}}",
          },
        ],
      }),
    ],
  };
}

function processes(): Row {
  return {
    title: "Processes",
    panels: [
      timeseries({
        title: "Event loop, busiest replica",
        description: "Share of the time in which the event loop was busy. Near 1 the process can do no more.",
        unit: "percentunit",
        max: 1,
        queries: [{ expr: "max by (job) (marketmesh_event_loop_utilization_ratio)", legend: "{{job}}" }],
      }),
      timeseries({
        title: "Memory, largest replica",
        description: "Resident memory of a process.",
        unit: "bytes",
        queries: [{ expr: "max by (job) (marketmesh_process_resident_memory_bytes)", legend: "{{job}}" }],
      }),
      timeseries({
        title: "Connections in use",
        description: "Share of a pool's connections that are used, in the replica that uses most.",
        unit: "percentunit",
        max: 1,
        queries: [
          {
            expr: 'max by (job, pool) (marketmesh_database_pool_connections{state="used"} / on (job, instance, pool) marketmesh_database_pool_connections_max)',
            legend: "{{job}} {{pool}}",
          },
        ],
      }),
      timeseries({
        title: "Processor time",
        description: "Cores in use, over all replicas of a service.",
        unit: "none",
        queries: [
          {
            expr: "sum by (job) (rate(marketmesh_process_cpu_seconds_total[$__rate_interval]))",
            legend: "{{job}}",
          },
        ],
      }),
    ],
  };
}

function facts(): Row {
  return {
    title: "Facts on their way",
    panels: [
      timeseries({
        title: "Age of what has not left",
        description: "The oldest fact in a service's outbox that the broker never had. 120 s is a page.",
        unit: "s",
        queries: [{ expr: "max by (job) (marketmesh_outbox_age_seconds)", legend: "{{job}}" }],
      }),
      timeseries({
        title: "Delay until handled, p95",
        description: "From a fact until a subscription handled it. Points are traces.",
        unit: "s",
        queries: [
          {
            expr: quantile(0.95, "marketmesh_consumer_delay_seconds_bucket", ["job", "subscription"]),
            legend: "{{job}} {{subscription}}",
          },
        ],
      }),
    ],
  };
}

function outcomes(): Row {
  return {
    title: "What comes of it",
    panels: [
      timeseries({
        title: "Fill rate",
        description: "Units allocated of those asked for, by market.",
        unit: "percentunit",
        max: 1,
        job: "allocation",
        queries: [{ expr: "max by (market) (marketmesh_fill_rate_ratio)", legend: "{{market}}" }],
      }),
      timeseries({
        title: "Runs by state",
        description: "Runs of workflows that have not ended, over all markets.",
        unit: "none",
        job: "fulfillment",
        queries: [{ expr: "sum by (state) (max by (market, state) (marketmesh_runs))", legend: "{{state}}" }],
      }),
    ],
  };
}
