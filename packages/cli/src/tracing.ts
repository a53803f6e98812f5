import { tracesDirOf } from "@marketmesh/dev-stack/traces-folder";
import { type SpanTarget, startTracing } from "@marketmesh/telemetry";

const bytesMax = 16 * 1024 * 1024;

/** Does work whose calls begin traces, which the services of the state folder's mesh carry on. */
export async function traced<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  const tracing = await startTracing({
    service: "cli",
    target: target(stateDir),
    sampling: { parentBased: true, ratio: 0.01, tracesPerSecond: 10 },
    slowMs: 5_000,
    log: { warn: () => {} },
  });
  try {
    return await work();
  } finally {
    await tracing.close();
  }
}

/** A collector where one is named, as in a cluster; else the folder that `marketmesh trace` reads. */
function target(stateDir: string): SpanTarget {
  if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) return { kind: "otlp" };
  return { kind: "file", directory: tracesDirOf(stateDir), bytesMax };
}
