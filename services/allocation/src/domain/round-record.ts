import type { PlanKnowledge } from "./expected-round.ts";
import type { RecordedCertificate, RecordedGraph } from "./packed-graph.ts";
import type { RoundProof } from "./round.ts";
import type { Solution } from "./round-graph.ts";

/**
 * What is kept of a solution: the graph, what was chosen, what was maximised, and as JSON what EXPECTED knew before and was
 * answered since (`LearnedState`, `RecordedAnswer`), under `knowledge`.
 */
export function recordOf(
  { graph, engine }: Pick<Solution, "graph" | "engine">,
  seen: Pick<PlanKnowledge, "learned" | "answers"> | undefined,
): RecordedGraph {
  const { assignment, weights } = engine;
  const knowledge =
    seen && new TextEncoder().encode(JSON.stringify({ learned: seen.learned, answers: seen.answers }));
  return {
    graph,
    chosen: assignment.edges,
    extra: { ...(weights && { weights }), ...(knowledge && { knowledge }) },
  };
}

/** The proof with its prices; undefined when the strategy proves nothing. */
export function proofOf({ engine }: Pick<Solution, "engine">): RecordedCertificate | undefined {
  const { certificate } = engine;
  if (!certificate) return undefined;
  const { demandPrices, supplyPrices, limitPrices, granted, ...proof } = certificate;
  return {
    ...proof,
    demandPrices: Float64Array.from(demandPrices),
    supplyPrices: Float64Array.from(supplyPrices),
    ...(limitPrices && { limitPrices: Float64Array.from(limitPrices) }),
    ...(granted && { granted: Float64Array.from(granted) }),
  };
}

/** The proof without its prices. */
export function proofSummary({ engine }: Pick<Solution, "engine">): RoundProof | undefined {
  if (!engine.certificate) return undefined;
  const { primal, dual, gap, exact } = engine.certificate;
  return { primal, dual, gap, exact };
}
