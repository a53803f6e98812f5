import { anyOf, methodMatcher, secondsBound } from "../promql.ts";
import type { MethodObjective } from "./objectives.ts";
import type { Slo } from "./slo.ts";

/** What callers suffer from and we answer for. */
export const faultCodes = [
  "DATA_LOSS",
  "DEADLINE_EXCEEDED",
  "INTERNAL",
  "UNAVAILABLE",
  "UNIMPLEMENTED",
  "UNKNOWN",
] as const;

/** Vectors of rates by method. */
export interface Indicator {
  /** Calls that were promised something. */
  calls(window: string): string;
  /** Those that broke the promise; `calls` is an expression of all of them. A method of which none did has 0. */
  bad(window: string, calls: string): string;
}

/** Tells the calls of an SLO's methods that are bad from all of them. */
export function indicatorOf(slo: Slo): Indicator {
  return slo.kind === "availability" ? availabilityOf(slo) : latencyOf(slo);
}

const duration = "marketmesh_rpc_server_duration_seconds";

/**
 * A refusal of one that calls too often (RATE_LIMITED) is its own doing, a refusal because we are full (OVERLOADED) is ours; both are
 * RESOURCE_EXHAUSTED, so that ours have a counter of their own.
 */
function availabilityOf({ service, methods }: Slo): Indicator {
  const which = `job="${service}",${methodMatcher(methods.map(({ method }) => method))}`;
  return {
    calls: (window) => `sum by (method) (rate(${duration}_count{${which}}[${window}]))`,
    bad: (window, calls) =>
      `sum by (method) (rate(${duration}_count{${which},code=~"${anyOf(faultCodes)}"}[${window}])` +
      ` or rate(marketmesh_rpc_server_overloaded_total{${which}}[${window}])) or 0 * ${calls}`,
  };
}

/** Of the calls that were answered: a failed one is counted by availability, a refused one is quick for no merit of ours. */
function latencyOf({ service, methods }: Slo): Indicator {
  const answered = (some: readonly MethodObjective[]) =>
    `job="${service}",code="OK",${methodMatcher(some.map(({ method }) => method))}`;
  const bounds = [...new Set(methods.map(({ latencyP99Ms }) => latencyP99Ms))].sort((a, b) => a - b);
  const inTime = (bound: number, window: string) => {
    const held = methods.filter(({ latencyP99Ms }) => latencyP99Ms === bound);
    return `rate(${duration}_bucket{${answered(held)},${secondsBound(bound)}}[${window}])`;
  };
  return {
    calls: (window) => `sum by (method) (rate(${duration}_count{${answered(methods)}}[${window}]))`,
    bad: (window, calls) =>
      `${calls} - sum by (method) (${bounds.map((bound) => inTime(bound, window)).join(" or ")})`,
  };
}
