import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { anyOf } from "../promql.ts";
import { faultCodes } from "../slo/indicators.ts";
import { dashboard, type Row } from "./dashboard.ts";
import { quantile, stat, timeseries } from "./panels.ts";

const duration = "marketmesh_rpc_server_duration_seconds";

/** One service: its promises, its calls by method, its processes and its database. */
export function serviceDashboard(service: string): Dashboard {
  return dashboard({
    uid: `marketmesh-service-${service}`,
    title: `marketmesh / service / ${service}`,
    description: `What ${service} promises and keeps, method by method; its replicas, their calls of others and of the database, what they stand on.`,
    rows: [promises(service), methods(service), replicas(service), around(service), underneath(service)],
  });
}

function promises(job: string): Row {
  const own = `job="${job}"`;
  return {
    title: "Promises",
    panels: [
      stat({
        title: "Replicas",
        description: "Processes of this service that are seen now.",
        unit: "none",
        job,
        queries: [
          { expr: `count(marketmesh_process_uptime_seconds{${own}}) or vector(0)`, legend: "replicas" },
        ],
      }),
      stat({
        title: "Least budget left",
        description: "Of its objectives, what is left of the month's error budget where least is left.",
        unit: "percentunit",
        job,
        queries: [{ expr: `min(slo:period_error_budget_remaining:ratio{${own}})`, legend: "left" }],
      }),
      stat({
        title: "Calls",
        description: "Calls a second, those of other services included.",
        unit: "reqps",
        job,
        queries: [{ expr: `sum(rate(${duration}_count{${own}}[$__rate_interval]))`, legend: "calls" }],
      }),
      timeseries({
        title: "Burn rate",
        description: "How many times faster than allowed the budget of each objective burns now.",
        unit: "none",
        job,
        queries: [{ expr: `slo:current_burn_rate:ratio{${own}}`, legend: "{{sloth_slo}}" }],
      }),
    ],
  };
}

function methods(job: string): Row {
  const own = `job="${job}"`;
  return {
    title: "Methods",
    panels: [
      timeseries({
        title: "Calls by method",
        description: "Calls a second.",
        unit: "reqps",
        job,
        queries: [
          {
            expr: `sum by (method) (rate(${duration}_count{${own}}[$__rate_interval]))`,
            legend: "{{method}}",
          },
        ],
      }),
      timeseries({
        title: "Failed by our fault",
        description: "Calls a second that failed by our fault, refusals for overload not included.",
        unit: "reqps",
        job,
        queries: [
          {
            expr: `sum by (method, code) (rate(${duration}_count{${own},code=~"${anyOf(faultCodes)}"}[$__rate_interval]))`,
            legend: "{{method}} {{code}}",
          },
        ],
      }),
      timeseries({
        title: "Time of calls, p99",
        description:
          "By method, of those that were answered OK. A stream takes as long as its reader likes. Points are traces.",
        unit: "s",
        job,
        queries: [
          {
            expr: quantile(0.99, `${duration}_bucket{${own},code="OK"}`, ["method"]),
            legend: "{{method}}",
          },
        ],
      }),
      timeseries({
        title: "Slow and failed share of the objective's calls",
        description:
          "Share of each method's calls within five minutes that broke an objective of the contract.",
        unit: "percentunit",
        job,
        queries: [
          {
            expr: `slo:sli_bad:rate5m{${own}} / slo:sli_calls:rate5m{${own}}`,
            legend: "{{method}} {{sloth_slo}}",
          },
        ],
      }),
    ],
  };
}

function replicas(job: string): Row {
  const own = `job="${job}"`;
  const of = (metric: string, further = "") => [
    { expr: `max by (instance) (${metric}{${own}${further}})`, legend: "{{instance}}" },
  ];
  return {
    title: "Replicas",
    panels: [
      timeseries({
        title: "Calls in hand",
        description: "Unary calls being handled, and how many may be before a process refuses some.",
        unit: "none",
        job,
        queries: [
          { expr: `marketmesh_rpc_server_calls_in_flight{${own}}`, legend: "{{instance}}" },
          { expr: `marketmesh_rpc_server_calls_limit{${own}}`, legend: "{{instance}} limit" },
        ],
      }),
      timeseries({
        title: "Streams in hand",
        description: "Streams being handled: watches, exports, imports.",
        unit: "none",
        job,
        queries: of("marketmesh_rpc_server_streams_in_flight"),
      }),
      timeseries({
        title: "Event loop",
        description: "Share of the time in which it was busy. Near 1 the process can do no more.",
        unit: "percentunit",
        max: 1,
        job,
        queries: of("marketmesh_event_loop_utilization_ratio"),
      }),
      timeseries({
        title: "Event loop delay, p99",
        description: "How late the event loop is.",
        unit: "s",
        job,
        queries: of("marketmesh_event_loop_delay_seconds", ',quantile="0.99"'),
      }),
      timeseries({
        title: "Memory",
        description: "Resident memory, and the part of JavaScript objects.",
        unit: "bytes",
        job,
        queries: [
          { expr: `marketmesh_process_resident_memory_bytes{${own}}`, legend: "{{instance}}" },
          { expr: `marketmesh_process_heap_used_bytes{${own}}`, legend: "{{instance}} objects" },
        ],
      }),
      timeseries({
        title: "Pauses for garbage collection",
        description: "Share of the time, by kind.",
        unit: "percentunit",
        job,
        queries: [
          {
            expr: `sum by (instance, kind) (rate(marketmesh_gc_duration_seconds_sum{${own}}[$__rate_interval]))`,
            legend: "{{instance}} {{kind}}",
          },
        ],
      }),
    ],
  };
}

function around(job: string): Row {
  const own = `job="${job}"`;
  return {
    title: "What it calls",
    panels: [
      timeseries({
        title: "Time of its calls of others, p99",
        description: "By method and code, retries included. Points are traces.",
        unit: "s",
        job,
        queries: [
          {
            expr: quantile(0.99, `marketmesh_rpc_client_duration_seconds_bucket{${own}}`, ["method", "code"]),
            legend: "{{method}} {{code}}",
          },
        ],
      }),
      timeseries({
        title: "Time of statements, p99",
        description: "From sending a statement until its last row. Points are traces.",
        unit: "s",
        job,
        queries: [
          {
            expr: quantile(0.99, `marketmesh_database_query_duration_seconds_bucket{${own}}`, ["failed"]),
            legend: "failed: {{failed}}",
          },
        ],
      }),
      timeseries({
        title: "Waiting for a connection, p99",
        description: "How long transactions waited for a connection of a pool.",
        unit: "s",
        job,
        queries: [
          {
            expr: quantile(0.99, `marketmesh_database_pool_wait_seconds_bucket{${own}}`, ["pool"]),
            legend: "{{pool}}",
          },
        ],
      }),
      timeseries({
        title: "Background loops that failed",
        description: "Failures within an hour; each loop is started again.",
        unit: "none",
        job,
        queries: [
          {
            expr: `sum by (loop) (increase(marketmesh_background_failures_total{${own}}[1h]))`,
            legend: "{{loop}}",
          },
        ],
      }),
    ],
  };
}

/** What the cluster measures of its containers and of the database, beside what the service measures of itself. */
function underneath(job: string): Row {
  const own = `container="${job}"`;
  const limit = (resource: string) =>
    `max(kube_pod_container_resource_limits{${own},resource="${resource}"})`;
  return {
    title: "What it stands on",
    panels: [
      timeseries({
        title: "Processor of its containers",
        description: "Cores in use, by pod, and the limit of one.",
        unit: "none",
        job,
        queries: [
          {
            expr: `sum by (pod) (rate(container_cpu_usage_seconds_total{${own}}[$__rate_interval]))`,
            legend: "{{pod}}",
          },
          { expr: limit("cpu"), legend: "limit" },
        ],
      }),
      timeseries({
        title: "Memory of its containers",
        description: "What the kernel counts, by pod, and the limit at which it ends one.",
        unit: "bytes",
        job,
        queries: [
          {
            expr: `max by (pod) (container_memory_working_set_bytes{${own}})`,
            legend: "{{pod}}",
          },
          { expr: limit("memory"), legend: "limit" },
        ],
      }),
      timeseries({
        title: "Processor of the database",
        description: "Cores in use, by instance of Postgres; in a cloud's database its own alarms tell.",
        unit: "none",
        job,
        queries: [
          {
            expr: `sum by (pod) (rate(container_cpu_usage_seconds_total{container="postgres"}[$__rate_interval]))`,
            legend: "{{pod}}",
          },
        ],
      }),
      timeseries({
        title: "Lag of the database's replicas",
        description: "How far a replica of Postgres is behind its primary.",
        unit: "s",
        job,
        queries: [{ expr: "max by (pod) (cnpg_pg_replication_lag)", legend: "{{pod}}" }],
      }),
    ],
  };
}
