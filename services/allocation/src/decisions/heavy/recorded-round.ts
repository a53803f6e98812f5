import { gunzipSync } from "node:zlib";
import {
  type AllocationPlan,
  type AllocationTools,
  type Assignment,
  allocate,
  type Graph,
  type Solution,
} from "@marketmesh/allocation-engine";
import { enginePlanOf, roundSeed } from "../../domain/engine-plan.ts";
import { expectedRound, type PlanKnowledge } from "../../domain/expected-round.ts";
import { type RecordedGraph, supplyOfNode, unpackGraph } from "../../domain/packed-graph.ts";
import { type PlanContent, unitsOfPair } from "../../domain/plan.ts";
import type { SnapshotLevel } from "../../domain/round-snapshot.ts";
import type { DecidedPair } from "../log-entry.ts";

/** What is kept of a round, as it is stored: compressed. It can be sent to another thread. */
export interface RoundRecord {
  readonly round: string;
  /** The version of the plan that decided it. */
  readonly plan: PlanContent;
  readonly graph: Uint8Array;
  readonly demands: Uint8Array;
  readonly supplies: Uint8Array;
}

/** What a round had to choose from, and what it chose. */
export interface RecordedRound extends RecordedGraph {
  readonly round: string;
  readonly plan: PlanContent;
  readonly demands: readonly SnapshotLevel[];
  readonly supplies: readonly SnapshotLevel[];
}

export function unpackRound(record: RoundRecord): RecordedRound {
  const { round, plan } = record;
  return {
    ...unpackGraph(gunzipSync(record.graph)),
    round,
    plan,
    demands: levelsIn(record.demands),
    supplies: levelsIn(record.supplies),
  };
}

function levelsIn(bytes: Uint8Array): SnapshotLevel[] {
  return JSON.parse(gunzipSync(bytes).toString()) as SnapshotLevel[];
}

/** The graph, what the engine is asked about it, and what it answered. */
export interface SolvedAgain {
  readonly graph: Graph;
  readonly asked: AllocationPlan;
  readonly solution: Solution;
}

/** The round by a plan: by its own it comes out as it was, for nothing else decides than what is recorded. */
export function solveAgain(
  recorded: RecordedRound,
  plan: PlanContent,
  tools: AllocationTools = {},
): SolvedAgain {
  const graph = graphFor(recorded, plan);
  const { demands, supplies, round } = recorded;
  const asked = enginePlanOf(plan, graph, demands, supplies, roundSeed(plan.seed ?? 0, round));
  if (plan.strategy !== "EXPECTED") return { graph, asked, solution: allocate(graph, asked, tools) };
  const { learned, answers } = knowledgeOf(recorded);
  return {
    graph,
    asked,
    solution: expectedRound(graph, asked, learned, answers, plan.plannedRounds).solution,
  };
}

/** What EXPECTED knew when it decided the round; nothing where another strategy did. */
function knowledgeOf({ extra }: RecordedRound): Pick<PlanKnowledge, "learned" | "answers"> {
  const { knowledge } = extra;
  if (!knowledge) return { learned: undefined, answers: [] };
  return JSON.parse(new TextDecoder().decode(knowledge as Uint8Array)) as Pick<
    PlanKnowledge,
    "learned" | "answers"
  >;
}

/** The recorded graph as a plan sees it: in its unit mode, of each demand its `topK` best supplies. */
export function graphFor({ graph, plan: own }: RecordedRound, plan: PlanContent): Graph {
  const cut = plan.topK < own.topK ? bestOfEach(graph, plan.topK) : graph;
  return cut.unitMode === plan.unitMode ? cut : { ...cut, unitMode: plan.unitMode };
}

function bestOfEach(graph: Graph, topK: number): Graph {
  const kept: number[] = [];
  const offsets = new Uint32Array(graph.offsets.length);
  for (let demand = 0; demand + 1 < graph.offsets.length; demand++) {
    const edges = Array.from(
      { length: graph.offsets[demand + 1]! - graph.offsets[demand]! },
      (_, at) => graph.offsets[demand]! + at,
    );
    const best = edges
      .sort((a, b) => graph.demandScores[b]! - graph.demandScores[a]! || a - b)
      .slice(0, topK);
    kept.push(...best.sort((a, b) => a - b));
    offsets[demand + 1] = kept.length;
  }
  const edges = Uint32Array.from(kept);
  return {
    ...graph,
    offsets,
    demands: edges.map((edge) => graph.demands[edge]!),
    supplies: edges.map((edge) => graph.supplies[edge]!),
    demandScores: Int32Array.from(edges, (edge) => graph.demandScores[edge]!),
    supplyScores: Int32Array.from(edges, (edge) => graph.supplyScores[edge]!),
  };
}

/** What was recorded as chosen. */
export function recordedAssignment({ graph, chosen, plan }: RecordedRound): Assignment {
  const units = Int32Array.from(chosen, (edge) =>
    unitsOfPair(plan, graph.demandCapacity[graph.demands[edge]!]!),
  );
  return { edges: chosen, units, proposals: 0 };
}

/** The pairs of an assignment, by listing. */
export function pairsOf(graph: Graph, { edges, units }: Assignment): DecidedPair[] {
  return Array.from(edges, (edge, at) => ({
    demand: graph.demandIds[graph.demands[edge]!]!,
    supply: supplyOfNode(graph.supplyIds[graph.supplies[edge]!]!),
    units: units[at]!,
  }));
}
