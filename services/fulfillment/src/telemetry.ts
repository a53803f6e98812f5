import { activeTraceparent, continueTrace, formatTraceparent, type Telemetry } from "@marketmesh/telemetry";
import type { Json } from "@marketmesh/workflow-engine";
import type { Span } from "@opentelemetry/api";
import * as defined from "./metrics.ts";
import type { MovingRun } from "./steps/moving-run.ts";

/** What happens in fulfillment, for dashboards and traces. Never what runs carry. */
export interface FulfillmentTelemetry {
  /**
   * One step as part of the trace that caused it. `work` gets the traceparent of the step, for what comes of it; empty when
   * nothing is traced.
   */
  step<T>(
    what: { readonly run: string; readonly workflow: string; readonly event: string },
    traceparent: string,
    work: (traceparent: string) => T,
  ): T;
  /** A run moved in a transaction that is about to commit. */
  moved(moving: MovingRun): void;
  /** A transaction that moved runs has ended. */
  stepped(by: "facts" | "answers" | "timers", durationMs: number): void;
  jobBegan(job: "call" | "wake", lagMs: number): void;
  called(method: string, code: string): void;
  gaveUp(method: string): void;
  restored(job: "call" | "wake", count: number): void;
  /** Ended runs were removed. */
  removed(count: number): void;
}

export function fulfillmentTelemetry({ metrics, tracer }: Telemetry): FulfillmentTelemetry {
  const steps = metrics.counter(defined.runSteps);
  const changes = metrics.counter(defined.runChanges);
  const faulted = metrics.counter(defined.runsFaulted);
  const batches = metrics.histogram(defined.stepBatchDuration);
  const lag = metrics.histogram(defined.jobLag);
  const calls = metrics.counter(defined.runCalls);
  const givenUp = metrics.counter(defined.callsGivenUp);
  const restored = metrics.counter(defined.jobsRestored);
  const removed = metrics.counter(defined.runsRemoved);

  return {
    step({ run, workflow, event }, traceparent, work) {
      return continueTrace(traceparent, () => {
        const attributes = {
          "marketmesh.run": run,
          "marketmesh.workflow": workflow,
          "marketmesh.event": event,
        };
        return tracer.startActiveSpan("run step", { attributes }, (span) => {
          try {
            return work(contextOf(span) || traceparent);
          } finally {
            span.end();
          }
        });
      });
    },
    moved(moving) {
      if (!moving.moved) return;
      for (const { entry } of moving.entries) steps.add(1, { event: kindOf(entry.event) });
      const { before, run, market } = moving;
      if (before?.status === run.status) return;
      changes.add(1, { market, state: run.status });
      if (run.status === "FAULTED") faulted.add(1, { market, workflow: run.workflow });
    },
    stepped: (by, durationMs) => batches.observe(durationMs / 1_000, { by }),
    jobBegan: (job, lagMs) => lag.observe(Math.max(0, lagMs) / 1_000, { kind: job }),
    called: (method, code) => calls.add(1, { method, code }),
    gaveUp: (method) => givenUp.add(1, { method }),
    restored(job, count) {
      if (count > 0) restored.add(count, { kind: job });
    },
    removed: (count) => removed.add(count, {}),
  };
}

function contextOf(span: Span): string {
  return span.isRecording() ? formatTraceparent(span.spanContext()) : activeTraceparent();
}

function kindOf(event: Json): string {
  const kind = (event as { readonly kind?: unknown } | null)?.kind;
  return typeof kind === "string" ? kind : "unknown";
}
