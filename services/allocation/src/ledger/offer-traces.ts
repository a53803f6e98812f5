import { activeTraceparent, branchTrace } from "@marketmesh/telemetry";
import type { Hold } from "../domain/hold.ts";
import { nameOf } from "../rpc/names.ts";
import { tracer } from "../spans.ts";

/** So many offers of one transaction stay in the trace that made them. */
const togetherMax = 10;

/**
 * The trace that each offer is followed in, by id. A few that were made together stay in the trace of what made them; each of
 * many begins its own, which links there: a round of 100,000 offers must not be one trace of a million spans.
 */
export function offerTraces(market: string, holds: readonly Hold[]): ReadonlyMap<string, string> {
  const together = holds.length <= togetherMax ? activeTraceparent() : undefined;
  return new Map(
    holds.map(({ id, round }) => {
      if (together !== undefined) return [id, together];
      const attributes = { "marketmesh.offer": nameOf(market, "offers", id), "marketmesh.round": round };
      return [id, branchTrace(tracer, "offer", attributes)];
    }),
  );
}
