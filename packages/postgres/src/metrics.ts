import { defineMetric } from "@marketmesh/telemetry";

const pool =
  "`app`, or `background` for relay, consumers, sweeps and exports; `app_read` and `background_read` at a replica";

export const poolConnections = defineMetric({
  type: "gauge",
  name: "database_pool_connections",
  unit: "{connection}",
  help: "Connections of a pool now",
  labels: { pool, state: "`used` or `idle`" },
});

export const poolConnectionsMax = defineMetric({
  type: "gauge",
  name: "database_pool_connections_max",
  unit: "{connection}",
  help: "The most connections that a pool opens",
  labels: { pool },
});

export const poolWaiting = defineMetric({
  type: "gauge",
  name: "database_pool_waiting",
  unit: "{transaction}",
  help: "Transactions that wait for a connection now; the 1,001st is refused",
  labels: { pool },
});

export const poolWait = defineMetric({
  type: "histogram",
  name: "database_pool_wait_seconds",
  unit: "s",
  help: "How long transactions waited for a connection; its count is the rate of transactions",
  labels: { pool },
});
