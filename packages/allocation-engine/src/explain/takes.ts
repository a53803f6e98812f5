import type { Assignment } from "../assignment.ts";
import { Taking } from "../limits/taking.ts";
import type { Problem } from "../strategies/problem.ts";
import { scarceFirst } from "../strategies/scarce-first.ts";
import { seededOrder } from "../strategies/seeded-order.ts";
import { waitingOrder } from "../strategies/waiting-order.ts";

/** How a strategy that takes pairs one after the other came to its assignment. */
export interface Takes {
  /** Edges of the problem in the order they were taken. */
  readonly edges: readonly number[];
  /** By edge: what the next to be taken is chosen by, greatest first; ties go to the lower edge. */
  readonly scores: Int32Array;
  /** Whether only edges of the same demand compete for a turn; else all edges do. */
  readonly byDemand: boolean;
}

/** The order of takes of `GREEDY`, `PER_DEMAND_GREEDY`, `SCARCE_FIRST` and `LOTTERY`; undefined for others. */
export function takesOf(problem: Problem, assignment: Assignment): Takes | undefined {
  const { graph, weights, plan, caps } = problem;
  const { demandScores } = graph;
  switch (plan.strategy) {
    case "GREEDY":
      return { edges: bestFirst(assignment, weights), scores: weights, byDemand: false };
    case "PER_DEMAND_GREEDY": {
      const turns = waitingOrder(graph, plan.waiting);
      return { edges: byTurn(problem, assignment, turns, weights), scores: weights, byDemand: true };
    }
    case "LOTTERY": {
      const turns = seededOrder(graph, plan.seed ?? 0);
      return {
        edges: byTurn(problem, assignment, turns, demandScores),
        scores: demandScores,
        byDemand: true,
      };
    }
    case "SCARCE_FIRST": {
      const edges: number[] = [];
      scarceFirst(graph, weights, caps, edges);
      return { edges, scores: weights, byDemand: true };
    }
    default:
      return undefined;
  }
}

/**
 * The edge that had to be beaten: the last take, of those that the edge competes with, before which it still fitted. Undefined where
 * it never fitted when it was its turn: no score would have won.
 */
export function marginalTake(problem: Problem, takes: Takes, edge: number): number | undefined {
  const taking = new Taking(problem.graph, problem.caps);
  const demand = problem.graph.demands[edge]!;
  let marginal: number | undefined;
  for (const taken of takes.edges) {
    if (taking.refusal(edge) !== undefined) break;
    if (!takes.byDemand || problem.graph.demands[taken] === demand) marginal = taken;
    taking.take(taken);
  }
  return marginal;
}

function bestFirst({ edges }: Assignment, scores: Int32Array): number[] {
  return Array.from(edges).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

function byTurn({ graph }: Problem, { edges }: Assignment, turns: Uint32Array, scores: Int32Array): number[] {
  const turnOf = new Uint32Array(turns.length);
  for (const [turn, demand] of turns.entries()) turnOf[demand] = turn;
  return Array.from(edges).sort(
    (a, b) => turnOf[graph.demands[a]!]! - turnOf[graph.demands[b]!]! || scores[b]! - scores[a]! || a - b,
  );
}
