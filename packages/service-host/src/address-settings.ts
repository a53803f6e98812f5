import { type ConfigSpec, integer, text } from "./config.ts";

/** Where a service listens. */
export const addressSettings = {
  host: text({ env: "HOST", fallback: "127.0.0.1", doc: "The address that both ports listen on." }),
  port: integer({
    env: "PORT",
    fallback: 8080,
    max: 65_535,
    doc: "The port of RPCs and plain HTTP; 0 takes a free one.",
  }),
  metricsPort: integer({
    env: "METRICS_PORT",
    fallback: 9090,
    max: 65_535,
    doc: "The port of Prometheus metrics; 0 takes a free one.",
  }),
} as const satisfies ConfigSpec<object>;
