import {
  type AllocationPlan,
  type Assignment,
  allocate,
  buildGraph,
  type Solution as EngineSolution,
  type Graph,
  UNLIMITED,
} from "@marketmesh/allocation-engine";
import { enginePlanOf } from "./engine-plan.ts";
import { groupValueOf } from "./level.ts";
import { supplyOfNode } from "./packed-graph.ts";
import { type PlanContent, type RoundPolicy, unitsOfPair } from "./plan.ts";
import type { SnapshotLevel } from "./round-snapshot.ts";

/** The best supplies of one demand, by ordinal, best first; scores in millionths. */
export interface RankedDemand {
  /** Position of the demand in the snapshot. */
  readonly demand: number;
  readonly ordinals: readonly number[];
  readonly demandScores: readonly number[];
  /** Empty: every supply likes demands as they like it. */
  readonly supplyScores: readonly number[];
}

/** One pair of the solution; ids of listings. */
export interface SolvedPair {
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
  readonly demandScore: number;
  readonly supplyScore: number;
}

export interface Solution {
  /** In the order in which holds are to be taken: best demand score first, then ids. */
  readonly pairs: readonly SolvedPair[];
  readonly edgeCount: number;
  /** Per demand of the snapshot: the supplies that it could have got. */
  readonly choices: Uint32Array;
  /** Distinct ranked supplies without a level in the snapshot. */
  readonly unknownSupplies: number;
  readonly graph: Graph;
  /** What the engine answered, with its proof where it has one. */
  readonly engine: EngineSolution;
}

/** Who solves the graph: the engine's one door, somewhere else, or with what a plan has learned. */
export type Solve = (graph: Graph, plan: AllocationPlan) => EngineSolution | Promise<EngineSolution>;

/**
 * Assigns supplies to demands. The engine knows capacities only, so a supply with an exclusive group becomes one node of
 * one unit per group value. Where such a supply has a limit of units as well, more of its nodes may be assigned than it
 * has units: taking the holds, in the solution's order, enforces the limit, and what is lost waits for the next round.
 */
export async function solveRound(
  plan: RoundPolicy,
  demands: readonly SnapshotLevel[],
  supplies: readonly SnapshotLevel[],
  ranked: readonly RankedDemand[],
  seed = 0,
  solve: Solve = (graph, asked) => allocate(graph, asked),
): Promise<Solution> {
  const nodes = new SupplyNodes(supplies);
  const columns = edgeColumns(plan, demands, ranked, nodes);
  const graph = buildGraph({
    unitMode: plan.unitMode,
    demandIds: demands.map((demand) => demand.id),
    demandCapacity: demands.map((demand) => Math.min(demand.units, UNLIMITED - 1)),
    supplyIds: nodes.ids,
    supplyCapacity: nodes.capacity,
    ...columns.edges,
  });
  const engine = await solve(graph, enginePlanOf(plan, graph, demands, supplies, seed));
  return {
    pairs: pairsOf(plan, graph, engine.assignment),
    edgeCount: graph.demands.length,
    choices: columns.choices,
    unknownSupplies: columns.unknown,
    graph,
    engine,
  };
}

/** Supply nodes, made when an edge first needs them. */
class SupplyNodes {
  readonly ids: string[] = [];
  readonly capacity: number[] = [];
  readonly #byOrdinal: ReadonlyMap<number, SnapshotLevel>;
  readonly #positions = new Map<string, number>();

  constructor(supplies: readonly SnapshotLevel[]) {
    this.#byOrdinal = new Map(supplies.map((supply) => [supply.ordinal, supply]));
  }

  supplyOf(ordinal: number): SnapshotLevel | undefined {
    return this.#byOrdinal.get(ordinal);
  }

  positionOf(supply: SnapshotLevel, demand: SnapshotLevel): number {
    const value = groupValueOf({ exclusiveGroup: supply.group ?? "" }, { groups: demand.groups ?? {} });
    // A newline occurs in no id and sorts before everything that does: nodes keep the order of their supplies.
    const id = value === undefined ? supply.id : `${supply.id}\n${value}`;
    const known = this.#positions.get(id);
    if (known !== undefined) return known;
    const left = supply.units < 0 ? UNLIMITED : Math.min(supply.units, UNLIMITED - 1);
    this.#positions.set(id, this.ids.length);
    this.capacity.push(value === undefined ? left : Math.min(left, 1));
    return this.ids.push(id) - 1;
  }
}

function edgeColumns(
  plan: Pick<PlanContent, "unitMode">,
  demands: readonly SnapshotLevel[],
  ranked: readonly RankedDemand[],
  nodes: SupplyNodes,
) {
  const count = ranked.reduce((sum, { ordinals }) => sum + ordinals.length, 0);
  const edgeDemands = new Uint32Array(count);
  const edgeSupplies = new Uint32Array(count);
  const demandScores = new Int32Array(count);
  const supplyScores = new Int32Array(count);
  const choices = new Uint32Array(demands.length);
  const unknown = new Set<number>();
  let edge = 0;
  for (const ranking of ranked) {
    const demand = demands[ranking.demand]!;
    const units = unitsOfPair(plan, demand.units);
    for (const [at, ordinal] of ranking.ordinals.entries()) {
      const supply = nodes.supplyOf(ordinal);
      if (!supply) unknown.add(ordinal);
      if (!supply || supply.units === 0) continue;
      // A claim is never split over places.
      if (supply.together !== undefined && supply.together < units) continue;
      edgeDemands[edge] = ranking.demand;
      edgeSupplies[edge] = nodes.positionOf(supply, demand);
      demandScores[edge] = ranking.demandScores[at]!;
      supplyScores[edge] = ranking.supplyScores[at] ?? ranking.demandScores[at]!;
      choices[ranking.demand]!++;
      edge++;
    }
  }
  const edges = {
    edgeDemands: edgeDemands.subarray(0, edge),
    edgeSupplies: edgeSupplies.subarray(0, edge),
    demandScores: demandScores.subarray(0, edge),
    supplyScores: supplyScores.subarray(0, edge),
  };
  return { edges, choices, unknown: unknown.size };
}

function pairsOf(plan: Pick<PlanContent, "unitMode">, graph: Graph, assignment: Assignment): SolvedPair[] {
  // Edges ascend by demand id, then supply id; sorting keeps that order among equal scores.
  const edges = [...assignment.edges].sort(
    (a, b) => graph.demandScores[b]! - graph.demandScores[a]! || a - b,
  );
  return edges.map((edge) => {
    const demand = graph.demands[edge]!;
    return {
      demand: graph.demandIds[demand]!,
      supply: supplyOfNode(graph.supplyIds[graph.supplies[edge]!]!),
      units: unitsOfPair(plan, graph.demandCapacity[demand]!),
      demandScore: graph.demandScores[edge]!,
      supplyScore: graph.supplyScores[edge]!,
    };
  });
}
