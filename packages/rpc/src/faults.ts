import { fingerprintOf, type LogFields, type Logger, type Metrics } from "@marketmesh/telemetry";
import { errorsTotal } from "./metrics.ts";

/** Where a fault came to light: in a call, in a loop, or nowhere in particular. */
export type FaultPlace = "handler" | "background" | "uncaught";

/** Counts and logs what nobody expected. */
export interface Faults {
  /** The fields may tell the cause otherwise, where it repeats what a request said. */
  report(where: FaultPlace, msg: string, cause: unknown, fields?: LogFields): void;
}

export function faultsOf({ log, metrics }: { readonly log: Logger; readonly metrics: Metrics }): Faults {
  const counter = metrics.counter(errorsTotal);
  // There from the start, so that the first one is an increase.
  for (const where of ["handler", "background", "uncaught"]) counter.add(0, { where });
  return {
    report(where, msg, cause, fields = {}) {
      counter.add(1, { where });
      log.error(msg, { cause, ...fields, fingerprint: fingerprintOf(cause) });
    },
  };
}
