import { invalidField } from "@marketmesh/rpc";
import type { Shell } from "../../shell.ts";
import type { Gate } from "../heavy/gate.ts";
import { JobRefused } from "../heavy/thread.ts";

/** What replays need. */
export interface ReplayShell extends Pick<Shell, "database" | "release"> {
  readonly gate: Gate;
}

/** A plan that contradicts the graph is the caller's mistake. */
export function asRefusal(error: unknown, field: string): unknown {
  return error instanceof JobRefused ? invalidField(field, error.message, "PLAN_INVALID") : error;
}
