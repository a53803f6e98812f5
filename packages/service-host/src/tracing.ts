import {
  type Logger,
  type Sampling,
  type SpanTarget,
  standardSampling,
  startTracing,
  type Tracing,
} from "@marketmesh/telemetry";
import { ConfigError, readConfig } from "./config.ts";
import type { Env } from "./host.ts";
import { tracingSettings } from "./host-settings.ts";

type TracingConfig = ReturnType<typeof readTracingConfig>;

/** Traces of a quiet process are all kept: so many may begin in it in a second. */
const tracesPerSecond = 10;

/** Starts the tracing of a process as its environment says. Throws a ConfigError when it can't be read. */
export function startProcessTracing(service: string, env: Env, log: Logger): Promise<Tracing> {
  const config = readTracingConfig(env);
  return startTracing({
    service,
    target: targetOf(config),
    sampling: samplingOf(config),
    slowMs: config.slowMs,
    log,
  });
}

function readTracingConfig(env: Env) {
  return readConfig(tracingSettings, env);
}

function targetOf(config: TracingConfig): SpanTarget {
  if (config.disabled) return { kind: "none" };
  if (config.otlpEndpoint !== undefined || config.otlpTracesEndpoint !== undefined) return { kind: "otlp" };
  if (config.directory === undefined) return { kind: "none" };
  return { kind: "file", directory: config.directory, bytesMax: config.fileBytesMax };
}

function samplingOf({ sampler, sampledShare }: TracingConfig): Sampling {
  if (sampler === undefined) return { parentBased: true, ratio: sampledShare, tracesPerSecond };
  const sampling = standardSampling(sampler, sampledShare);
  if (sampling) return sampling;
  throw new ConfigError(
    `OTEL_TRACES_SAMPLER=${JSON.stringify(sampler)}: must be always_on, always_off or traceidratio, or parentbased_ and one of these`,
  );
}
