import { writeSync } from "node:fs";
import { errorsTotal } from "@marketmesh/rpc";
import { createLogger, fingerprintOf, type MetricExport, redact, type Tracing } from "@marketmesh/telemetry";
import { ConfigError } from "./config.ts";
import type { RunningService } from "./host.ts";
import { launch } from "./lifecycle.ts";
import { startServiceMetricExport } from "./metric-export.ts";
import { endAtOnce, type Program } from "./run.ts";
import { startProcessTracing } from "./tracing.ts";

/** The longest a stop may take, in milliseconds: whoever stops us kills at 25 s. */
const stopMs = 24_000;

/** Serves as a process: environment in, JSON lines out, drained on SIGTERM, SIGINT or when its supervisor is gone. */
export async function serve(name: string, program: Program): Promise<void> {
  const write = (line: string) => {
    process.stdout.write(line);
  };
  // A supervisor that is gone has closed the other end of stdout as well; that is no reason to die in the middle of a drain.
  process.stdout.on("error", () => {});
  let service: RunningService | undefined;
  let tracing: Tracing | undefined;
  let metricExport: MetricExport | undefined;
  let stopping = false;

  async function stop(status: number): Promise<never> {
    stopping = true;
    setTimeout(() => process.exit(1), stopMs).unref();
    await service?.close();
    await Promise.all([tracing?.close(), metricExport?.close()]);
    process.exit(status);
  }
  const stopOnce = () => {
    // A service that has nothing open yet can just end.
    if (!stopping) void stop(0);
  };
  process.off("SIGTERM", endAtOnce).on("SIGTERM", stopOnce);
  process.on("SIGINT", stopOnce);
  if (process.env.MARKETMESH_SUPERVISED === "1")
    process.stdin.on("end", stopOnce).on("error", stopOnce).resume();
  process.on("uncaughtException", (cause) => {
    complain(name, "uncaught exception", cause, service);
    if (!stopping) void stop(1);
  });
  process.on("unhandledRejection", (cause) => complain(name, "unhandled rejection", cause, service));

  try {
    const log = createLogger({ service: name, level: "warn", write, now: () => new Date() });
    tracing = await startProcessTracing(name, process.env, log);
    service = await launch(name, await program.bind(), process.env, write);
    metricExport = await startServiceMetricExport(service);
  } catch (cause) {
    complain(name, cause instanceof ConfigError ? `configuration: ${cause.message}` : "start failed", cause);
    process.exit(1);
  }
}

// Written at once: the process may be gone before a stream is flushed.
function complain(service: string, msg: string, cause: unknown, running?: RunningService): void {
  running?.host.telemetry.metrics.counter(errorsTotal).add(1, { where: "uncaught" });
  const line = JSON.stringify({
    time: new Date().toISOString(),
    level: "error",
    service,
    msg,
    cause: redact(cause),
    fingerprint: fingerprintOf(cause),
  });
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // Nobody reads any more.
  }
}
