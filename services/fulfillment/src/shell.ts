import type { Database } from "@marketmesh/postgres";
import type { Clocks } from "./clocks.ts";
import type { WorkflowLibrary } from "./steps/workflow-library.ts";
import type { FulfillmentTelemetry } from "./telemetry.ts";

/** What the handlers share: storage, time, ids from outside, and what was parsed before. */
export interface Shell {
  readonly database: Database;
  readonly clocks: Clocks;
  readonly library: WorkflowLibrary;
  readonly telemetry: FulfillmentTelemetry;
  readonly uuid: () => string;
  readonly nowMs: () => number;
  /** How long ended runs are kept, and with them the memory that a fact has begun one. */
  readonly runsKeptMs: number;
  /** A moment at which a fault test may stop the process. */
  readonly faultPoint: (point: string) => void;
}
