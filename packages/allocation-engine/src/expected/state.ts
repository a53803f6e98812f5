import type { SparseGraph } from "../graph.ts";
import { type Acceptance, unknownAcceptance } from "./acceptance.ts";
import { type Arrivals, noArrivals } from "./arrivals.ts";

/**
 * What EXPECTED carries from wave to wave: what it learned and what it found out about every pair. A value: a wave gives back a new
 * one and leaves the old as it was. All of it is plain data and typed arrays.
 */
export interface ExpectedState {
  /** The wave that comes next, from 0. */
  readonly wave: number;
  readonly acceptance: Acceptance;
  readonly arrivals: Arrivals;
  /** Per demand: its group in the acceptance model; -1 before it was seen open. */
  readonly groups: Int16Array;
  /** Per edge: what taking the pair would lose, in scores, mean over the sampled worlds; -1 before any. */
  readonly regret: Float32Array;
  /** Per demand: worlds that its pairs were judged in. */
  readonly worlds: Uint32Array;
  /** Per supply: offers made so far. */
  readonly asks: Uint32Array;
}

/** The state before the first wave. */
export function startExpected(graph: SparseGraph): ExpectedState {
  return {
    wave: 0,
    acceptance: unknownAcceptance,
    arrivals: noArrivals,
    groups: new Int16Array(graph.demandCapacity.length).fill(-1),
    regret: new Float32Array(graph.supplies.length).fill(-1),
    worlds: new Uint32Array(graph.demandCapacity.length),
    asks: new Uint32Array(graph.supplyCapacity.length),
  };
}
