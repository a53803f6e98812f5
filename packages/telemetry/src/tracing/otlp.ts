import type { Sampler, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import { takeContextManager } from "../context-manager.ts";
import type { Tracing } from "./start-tracing.ts";

const attributeLengthMax = 2_048;

/**
 * Starts the OpenTelemetry SDK with an OTLP exporter. Endpoint, protocol (`grpc`, `http/json`, `http/protobuf`), headers,
 * timeouts, batches (OTEL_BSP_*) and resource attributes are the standard's environment variables.
 */
export async function startOtlp(
  service: string,
  sampler: Sampler,
  wrap: (processor: SpanProcessor) => SpanProcessor,
): Promise<Tracing> {
  const [{ NodeSDK }, { BatchSpanProcessor }, { envDetector, serviceInstanceIdDetector }, exporter] =
    await Promise.all([
      import("@opentelemetry/sdk-node"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/resources"),
      exporterOf(process.env),
    ]);
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME || service,
    // What the others tell (command line, user) is nobody's business.
    resourceDetectors: [envDetector, serviceInstanceIdDetector],
    contextManager: takeContextManager(),
    sampler,
    spanLimits: { attributeValueLengthLimit: attributeLengthMax },
    spanProcessors: [wrap(new BatchSpanProcessor({ exporter, ...batches(process.env) }))],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return { close: () => sdk.shutdown() };
}

async function exporterOf(env: NodeJS.ProcessEnv): Promise<SpanExporter> {
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol === "grpc") {
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-grpc");
    return new OTLPTraceExporter();
  }
  if (protocol === "http/json") {
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
    return new OTLPTraceExporter();
  }
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter();
}

// The SDK reads these by itself only for processors that it makes.
function batches(env: NodeJS.ProcessEnv) {
  const positive = (text: string | undefined, fallback: number) =>
    Number(text) > 0 ? Number(text) : fallback;
  return {
    maxQueueSize: positive(env.OTEL_BSP_MAX_QUEUE_SIZE, 4_096),
    maxExportBatchSize: positive(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, 512),
    scheduledDelayMillis: positive(env.OTEL_BSP_SCHEDULE_DELAY, 2_000),
    exportTimeoutMillis: positive(env.OTEL_BSP_EXPORT_TIMEOUT, 10_000),
  };
}
