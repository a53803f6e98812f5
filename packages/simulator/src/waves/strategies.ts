import {
  type AllocationPlan,
  allocate,
  type ExpectedConfig,
  expectedWave,
  type SparseGraph,
  startExpected,
} from "@marketmesh/allocation-engine";
import { residualGraph } from "../residual-graph.ts";
import type { WaveStrategy } from "./wave-strategy.ts";

/** A strategy without memory: in every wave it decides about all that is left, as if all would accept. */
export function everyWave(plan: AllocationPlan): WaveStrategy {
  return {
    offer(graph, residual) {
      const left = residualGraph(graph, residual);
      return allocate(left.graph, plan).assignment.edges.map((edge) => left.edges[edge]!);
    },
  };
}

/** EXPECTED, with its state kept from wave to wave. */
export function expected(config: Partial<ExpectedConfig> = {}): WaveStrategy {
  let state: ReturnType<typeof startExpected> | undefined;
  return {
    waits: true,
    offer(graph: SparseGraph, residual, answers) {
      const wave = expectedWave(graph, residual, state ?? startExpected(graph), answers, config);
      state = wave.state;
      return wave.offers;
    },
  };
}
