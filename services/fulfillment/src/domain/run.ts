import type { RunStatus } from "@marketmesh/workflow-engine";

/** What stands of a run beside the engine's state. Times are the market's, in milliseconds since 1970. */
export interface Run {
  readonly id: string;
  readonly workflow: string;
  readonly workflowVersion: number;
  /** A resource name; empty: nothing in particular. */
  readonly subject: string;
  readonly status: RunStatus;
  readonly stage: string;
  /** `output.outcome` of a completed run when that is a text; else empty. */
  readonly outcome: string;
  readonly stepCount: number;
  /** Raised with each fact about the run. */
  readonly version: number;
  readonly wakeMs: number | undefined;
  readonly createMs: number;
  readonly updateMs: number;
  readonly endMs: number | undefined;
  readonly traceparent: string;
}

export function hasEnded(status: RunStatus): boolean {
  return status === "COMPLETED" || status === "CANCELLED";
}
