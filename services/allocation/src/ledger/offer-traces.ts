import { activeTraceparent, branchTrace } from "@marketmesh/telemetry";
import type { Hold } from "../domain/hold.ts";
import { nameOf } from "../rpc/names.ts";
import { tracer } from "../spans.ts";

/** So many offers of one transaction stay in the trace that made them. */
const togetherMax = 10;
/** Of more than these, so many of a decision's first ones do: its trace shows how some of them went on. */
const shownMax = 3;

/**
 * The trace that each offer is followed in, by id. A few that were made together stay in the trace of what made them; of
 * many each begins its own, which links there: a round of 100,000 offers must not be one trace of a million spans.
 *
 * @param first whether these are the first of their decision: a round takes its holds in many transactions
 */
export function offerTraces(
  market: string,
  holds: readonly Hold[],
  first: boolean,
): ReadonlyMap<string, string> {
  const active = activeTraceparent();
  const here = holds.length <= togetherMax ? holds.length : first ? shownMax : 0;
  return new Map(
    holds.map(({ id, round }, at) => {
      if (at < here) return [id, active];
      const attributes = { "marketmesh.offer": nameOf(market, "offers", id), "marketmesh.round": round };
      return [id, branchTrace(tracer, "offer", attributes)];
    }),
  );
}
