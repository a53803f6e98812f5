import type { Decision } from "../../domain/decision.ts";
import type { RecordedGraph } from "../../domain/packed-graph.ts";
import type { ExplainedPair, Rival } from "../heavy/explain.ts";

/**
 * Why allocate-now took a supply for a demand, or why not: it takes the best that still has something. So what was passed over for a
 * worse one had nothing left; undefined: it was not considered.
 */
export function explainNow(
  { graph, chosen }: RecordedGraph,
  { demand: demandId, result }: Pick<Decision, "demand" | "result">,
  supplyId: string,
): ExplainedPair | undefined {
  const demand = graph.demandIds.indexOf(demandId);
  if (demand < 0) return undefined;
  const supplyOf = (edge: number) => graph.supplyIds[graph.supplies[edge]!]!;
  const edges = Array.from(
    { length: graph.offsets[demand + 1]! - graph.offsets[demand]! },
    (_, at) => graph.offsets[demand]! + at,
  );
  const edge = edges.find((one) => supplyOf(one) === supplyId);
  if (edge === undefined) return undefined;
  const score = graph.demandScores[edge]!;
  const known = {
    demandScore: score,
    supplyScore: graph.supplyScores[edge]!,
    winningScore: undefined,
    price: undefined,
    rivals: [],
  };
  const taken = new Set(chosen);
  if (taken.has(edge)) return { ...known, reason: "ASSIGNED" };
  const rivals: Rival[] = edges
    .filter((one) => taken.has(one))
    .map((one) => ({ demand: demandId, supply: supplyOf(one), demandScore: graph.demandScores[one]! }))
    .sort((a, b) => a.demandScore - b.demandScore || (a.supply < b.supply ? 1 : -1));
  const last = rivals[0];
  const passedOver = !last || comesBefore(score, supplyId, last);
  if (result !== "HELD" || passedOver) return { ...known, reason: "NO_CAPACITY" };
  const winningScore = supplyId < last.supply ? last.demandScore : last.demandScore + 1;
  return { ...known, reason: "FILLED", winningScore, rivals };
}

function comesBefore(score: number, supply: string, last: Rival): boolean {
  return score > last.demandScore || (score === last.demandScore && supply < last.supply);
}
