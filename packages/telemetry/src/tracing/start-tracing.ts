import { DiagLogLevel, diag, trace } from "@opentelemetry/api";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import { followContext } from "../context-manager.ts";
import type { Logger } from "../logger.ts";
import { keepNotable } from "./keep-notable.ts";
import { headSampler, type Sampling } from "./sampler.ts";

/** Where the spans of a process go. */
export type SpanTarget =
  /** An OTLP collector, where the standard's environment variables say. */
  | { readonly kind: "otlp" }
  /** A local file of bounded size, for `marketmesh trace`. */
  | { readonly kind: "file"; readonly directory: string; readonly bytesMax: number }
  /** Nothing is recorded; a caller's trace still travels on. */
  | { readonly kind: "none" };

export interface TracingOptions {
  /** `service.name` of the spans. */
  readonly service: string;
  readonly target: SpanTarget;
  readonly sampling: Sampling;
  /** A span that takes this long is exported even when its trace is not sampled, in milliseconds. */
  readonly slowMs: number;
  /** Told when spans cannot be exported. */
  readonly log: Pick<Logger, "warn">;
}

/** Tracing of a process while it lasts. */
export interface Tracing {
  /** Exports what is left, for at most three seconds, and stops recording. Never rejects. */
  close(): Promise<void>;
}

const flushMs = 500;
const closeMs = 3_000;
const complainEveryMs = 60_000;

/**
 * Starts tracing, once a process and before its first span. Spans are queued (at most 4,096, what is more is dropped) and
 * exported in batches beside the work: an exporter that is slow or away costs spans, never a call.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { target, sampling, slowMs } = options;
  if (target.kind === "none") {
    followContext();
    return { close: async () => {} };
  }
  complainTo(options.log);
  const nowMs = () => performance.now();
  const sampler = headSampler(sampling, nowMs);
  const wrap = (processor: SpanProcessor) => keepNotable(processor, slowMs, nowMs);
  // Loaded on demand: a process that exports nothing pays for none of it, and one that writes a file not for the SDK's rest.
  const tracing =
    target.kind === "otlp"
      ? await (await import("./otlp.ts")).startOtlp(options.service, sampler, wrap)
      : await startFile(options.service, target, sampler, wrap);
  return { close: () => closeWithin(tracing) };
}

async function startFile(
  service: string,
  target: Extract<SpanTarget, { kind: "file" }>,
  sampler: ReturnType<typeof headSampler>,
  wrap: (processor: SpanProcessor) => SpanProcessor,
): Promise<Tracing> {
  const [{ BatchSpanProcessor, TracerProvider }, { resourceFromAttributes }, { spanFile }] =
    await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/resources"),
      import("./span-file.ts"),
    ]);
  followContext();
  const exporter = spanFile({ ...target, service, pid: process.pid });
  const batches = { exporter, maxQueueSize: 4_096, maxExportBatchSize: 512, scheduledDelayMillis: flushMs };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "process.pid": process.pid }),
    sampler,
    spanLimits: { attributeValueLengthLimit: 2_048 },
    spanProcessors: [wrap(new BatchSpanProcessor(batches))],
  });
  trace.setGlobalTracerProvider(provider);
  return { close: () => provider.shutdown() };
}

async function closeWithin(tracing: Tracing): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeMs);
  });
  await Promise.race([tracing.close().catch(() => {}), late]);
  clearTimeout(timer);
}

/** What the SDK has to say, at most once a minute: an exporter that is away says so at every batch. */
function complainTo(log: Pick<Logger, "warn">): void {
  let silentUntilMs = 0;
  const warn = (message: string) => {
    const now = performance.now();
    if (now < silentUntilMs) return;
    silentUntilMs = now + complainEveryMs;
    log.warn("tracing", { reason: message.slice(0, 300) });
  };
  const quiet = () => {};
  const logger = { error: warn, warn, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
