import { defineMetric } from "@marketmesh/telemetry";

const method = "`<package>.<Service>/<Method>`";
const code = "`OK`, or the gRPC code, such as `NOT_FOUND`";

export const serverDuration = defineMetric({
  type: "histogram",
  name: "rpc_server_duration_seconds",
  unit: "s",
  help: "From a call's headers until its end, refused calls included; its count is the rate, by code the errors",
  labels: { method, code },
});

export const serverOverloaded = defineMetric({
  type: "counter",
  name: "rpc_server_overloaded_total",
  unit: "{call}",
  help: "Calls that were refused because we are full (OVERLOADED); RESOURCE_EXHAUSTED is also said to those who call too often",
  labels: { method },
});

export const errorsTotal = defineMetric({
  type: "counter",
  name: "errors_total",
  unit: "{error}",
  help: "Faults of ours that nobody expected; the log has each with its `fingerprint`, by which they group",
  labels: { where: "`handler`, `background` or `uncaught`" },
});

export const clientDuration = defineMetric({
  type: "histogram",
  name: "rpc_client_duration_seconds",
  unit: "s",
  help: "Calls of other services, retries included; a stream counts when it has ended",
  labels: { method, code },
});
