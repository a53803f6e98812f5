import { type MetricExport, startMetricExport } from "@marketmesh/telemetry";
import { readConfig } from "./config.ts";
import type { RunningService } from "./host.ts";
import { metricExportSettings } from "./host-settings.ts";

/** Sends a service's metrics to the collector that its environment names, if it does. */
export async function startServiceMetricExport({
  name,
  host,
}: RunningService): Promise<MetricExport | undefined> {
  const config = readConfig(metricExportSettings, host.env);
  const wanted = (config.otlpEndpoint ?? config.otlpMetricsEndpoint) !== undefined;
  if (!wanted || config.disabled || config.exporter === "none") return undefined;
  return startMetricExport(name, host.telemetry.metrics);
}
