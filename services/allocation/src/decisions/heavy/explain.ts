import { type AllocationTools, type Explanation, explain } from "@marketmesh/allocation-engine";
import { supplyOfNode } from "../../domain/packed-graph.ts";
import { type RoundRecord, type SolvedAgain, solveAgain, unpackRound } from "./recorded-round.ts";

/** Who had what a pair needed; ids of listings. */
export interface Rival {
  readonly demand: string;
  readonly supply: string;
  readonly demandScore: number;
}

/** Why a pair of a recorded graph came out as it did; undefined: it is no pair of the graph. */
export interface ExplainedPair {
  readonly reason: "ASSIGNED" | "OUTBID" | "QUOTA" | "OUTSIDE_OPTION" | "NO_CAPACITY" | "FILLED" | "EXCLUDED";
  readonly demandScore: number;
  readonly supplyScore: number;
  readonly winningScore: number | undefined;
  readonly price: number | undefined;
  readonly rivals: readonly Rival[];
}

const rivalsMax = 20;
const reasonOf = {
  EXCLUDED: "EXCLUDED",
  WORSE_THAN_OUTSIDE_OPTION: "OUTSIDE_OPTION",
  NO_CAPACITY: "NO_CAPACITY",
  OUTBID: "OUTBID",
  QUOTA: "QUOTA",
  FILLED: "FILLED",
  // Not reached: only edges are asked about.
  INELIGIBLE: "NO_CAPACITY",
} as const;

export function explainPair(
  record: RoundRecord,
  demandId: string,
  supplyId: string,
  tools: AllocationTools = {},
): ExplainedPair | undefined {
  const round = unpackRound(record);
  const solved = solveAgain(round, round.plan, tools);
  const { graph, asked, solution } = solved;
  const demand = graph.demandIds.indexOf(demandId);
  if (demand < 0) return undefined;
  const edges = edgesTo(graph.offsets[demand]!, graph.offsets[demand + 1]!);
  const edge = edges.find((one) => supplyOfNode(graph.supplyIds[graph.supplies[one]!]!) === supplyId);
  if (edge === undefined) return undefined;
  const answer = explain(graph, asked, solution, demand, graph.supplies[edge]!);
  const scores = { demandScore: graph.demandScores[edge]!, supplyScore: graph.supplyScores[edge]! };
  const prices = answer.prices;
  const price = prices && prices.demand + prices.supply + prices.limits;
  if (answer.outcome === "ASSIGNED") {
    return { reason: "ASSIGNED", ...scores, winningScore: undefined, price, rivals: [] };
  }
  const reason = reasonOf[outbidInTruth(solved, edge, answer) ? answer.reason : "FILLED"];
  const rivals = edgesServed(solved, reason, edge)
    .sort((a, b) => graph.demandScores[a]! - graph.demandScores[b]! || a - b)
    .slice(0, rivalsMax)
    .map((other) => ({
      demand: graph.demandIds[graph.demands[other]!]!,
      supply: supplyOfNode(graph.supplyIds[graph.supplies[other]!]!),
      demandScore: graph.demandScores[other]!,
    }));
  return { reason, ...scores, winningScore: answer.toWin?.score, price, rivals };
}

type NotAssigned = Extract<Explanation, { outcome: "NOT_ASSIGNED" }>;

/** A supply may have gone to somebody who is worth less, because the demand had something better: then that is the reason. */
function outbidInTruth({ graph, solution }: SolvedAgain, edge: number, answer: NotAssigned): boolean {
  if (answer.reason !== "OUTBID") return true;
  const { edges, units } = solution.assignment;
  const worth = solution.weights ?? graph.demandScores;
  const ofDemand = units.filter((_, at) => graph.demands[edges[at]!] === graph.demands[edge]);
  const filled = ofDemand.reduce((sum, one) => sum + one, 0) >= graph.demandCapacity[graph.demands[edge]!]!;
  const rivals = [...edges].filter((other) => graph.supplies[other] === graph.supplies[edge]);
  return !filled || rivals.every((other) => worth[other]! >= worth[edge]!);
}

function edgesServed(
  { graph, solution }: SolvedAgain,
  reason: ExplainedPair["reason"],
  edge: number,
): number[] {
  const column = reason === "OUTBID" ? graph.supplies : graph.demands;
  if (reason !== "OUTBID" && reason !== "FILLED") return [];
  return [...solution.assignment.edges].filter((other) => column[other] === column[edge]);
}

function edgesTo(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}
