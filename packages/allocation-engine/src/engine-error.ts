/** Why the engine refuses an input. Every one is a mistake of the caller; retrying as is never helps. */
export type EngineErrorReason =
  | "COLUMN_LENGTHS_DIFFER"
  | "ID_REPEATED"
  | "CAPACITY_INVALID"
  | "EDGE_OUT_OF_RANGE"
  | "EDGE_REPEATED"
  | "SCORE_INVALID"
  | "WHOLE_UNITS_UNSUPPORTED"
  | "ORDER_DEMAND_UNKNOWN"
  | "ORDER_DEMAND_REPEATED"
  | "NETWORK_INVALID"
  | "NETWORK_INFEASIBLE"
  | "NETWORK_UNBOUNDED"
  | "NETWORK_OVERFLOW"
  | "COSTS_INVALID"
  | "OBJECTIVE_INVALID"
  | "WEIGHT_OVERFLOW"
  | "GROUPING_INVALID"
  | "LIMIT_INVALID"
  | "PLAN_INVALID";

/** Thrown for an input that cannot be solved as stated; `reason` is stable, `message` names the place. */
export class EngineError extends Error {
  readonly reason: EngineErrorReason;

  constructor(reason: EngineErrorReason, message: string) {
    super(message);
    this.name = "EngineError";
    this.reason = reason;
  }
}
