import { defineMetric } from "@marketmesh/telemetry";

export const backgroundFailures = defineMetric({
  type: "counter",
  name: "background_failures_total",
  unit: "{failure}",
  help: "How often a background loop failed and was started again",
  labels: { loop: "The loop's name" },
});

export const recalledReads = defineMetric({
  type: "counter",
  name: "database_reads_recalled_total",
  unit: "{read}",
  help: "Reads that were answered from memory because the database was away",
});

export const queryDuration = defineMetric({
  type: "histogram",
  name: "database_query_duration_seconds",
  unit: "s",
  help: "From sending a statement until its last row",
  labels: { failed: "`true` or `false`" },
});

export const callsInFlight = defineMetric({
  type: "gauge",
  name: "rpc_server_calls_in_flight",
  unit: "{call}",
  help: "Unary calls being handled",
});

export const streamsInFlight = defineMetric({
  type: "gauge",
  name: "rpc_server_streams_in_flight",
  unit: "{call}",
  help: "Streams being handled",
});

export const callsLimit = defineMetric({
  type: "gauge",
  name: "rpc_server_calls_limit",
  unit: "{call}",
  help: "Unary calls from outside that are handled at once; CALLS_MAX while nothing queues",
});

export const residentMemory = defineMetric({
  type: "gauge",
  name: "process_resident_memory_bytes",
  unit: "By",
  help: "Memory of the process",
});

export const heapUsed = defineMetric({
  type: "gauge",
  name: "process_heap_used_bytes",
  unit: "By",
  help: "Memory of JavaScript objects, garbage included",
});

export const cpuTime = defineMetric({
  type: "counter",
  name: "process_cpu_seconds_total",
  unit: "s",
  help: "Processor time since the start, user and system",
});

export const uptime = defineMetric({
  type: "gauge",
  name: "process_uptime_seconds",
  unit: "s",
  help: "Time since the start",
});

export const eventLoopDelay = defineMetric({
  type: "gauge",
  name: "event_loop_delay_seconds",
  unit: "s",
  help: "How late the event loop is, over the last 10 to 20 s",
  labels: { quantile: "`0.5`, `0.99`, or `1` for the worst" },
});

export const eventLoopUtilization = defineMetric({
  type: "gauge",
  name: "event_loop_utilization_ratio",
  unit: "1",
  help: "Share of the last 10 to 20 s in which the event loop was busy; near 1 the process is full",
});

export const gcDuration = defineMetric({
  type: "histogram",
  name: "gc_duration_seconds",
  unit: "s",
  help: "Pauses for garbage collection",
  labels: { kind: "`minor`, `major`, `incremental` or `weakcb`" },
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
});

export const certificateExpiry = defineMetric({
  type: "gauge",
  name: "tls_certificate_expiry_timestamp_seconds",
  unit: "s",
  help: "When the first certificate of a TLS file ends, in seconds since 1970; nothing without TLS of its own",
  labels: { file: "`certificate` (TLS_CERT_FILE), `client_ca` or `ca`" },
});

export const certificateReloadFailures = defineMetric({
  type: "counter",
  name: "tls_certificate_reload_failures_total",
  unit: "{failure}",
  help: "How often new TLS files were broken, so that the old ones stay in use",
});

export const handshakeFailures = defineMetric({
  type: "counter",
  name: "tls_handshake_failures_total",
  unit: "{connection}",
  help: "Connections that were refused in their TLS handshake",
  labels: {
    reason:
      "`no_certificate`, `untrusted_certificate`, `expired_certificate`, `plaintext`, `refused_by_client` or `other`",
  },
});
