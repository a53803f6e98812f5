import type { Metrics } from "./metrics.ts";

/** The sending of a process's metrics while it lasts. */
export interface MetricExport {
  /** Sends the last figures, for at most three seconds. Never rejects. */
  close(): Promise<void>;
}

/**
 * Sends the metrics of a process to the OTLP collector of the standard's environment variables. What it needs is loaded on
 * demand: a process that is scraped alone pays nothing.
 */
export async function startMetricExport(service: string, metrics: Metrics): Promise<MetricExport> {
  const { startOtlpMetrics } = await import("./otlp-metrics.ts");
  const sending = await startOtlpMetrics(service, metrics);
  return { close: async () => sending[Symbol.asyncDispose]() };
}
