import fc from "fast-check";
import type { Assignment } from "../assignment.ts";
import type { Graph, GraphColumns, UnitMode } from "../graph.ts";
import { UNLIMITED } from "../graph.ts";

export interface GraphShape {
  readonly sideMax?: number;
  readonly capacityMax?: number;
  readonly unitMode?: UnitMode;
  /** Few distinct scores, so that ties are common. */
  readonly scoreMax?: number;
}

/** Small random markets in which most pairs exist. */
export function graphColumns(shape: GraphShape = {}): fc.Arbitrary<GraphColumns> {
  const { sideMax = 6, capacityMax = 3, unitMode = "SPREAD", scoreMax = 4 } = shape;
  const side = fc.integer({ min: 1, max: sideMax });
  const units = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: capacityMax }) },
    fc.constant(UNLIMITED),
  );
  return fc.tuple(side, side).chain(([demands, supplies]) =>
    fc
      .record({
        demandCapacity: fc.array(fc.integer({ min: 0, max: capacityMax }), {
          minLength: demands,
          maxLength: demands,
        }),
        supplyCapacity: fc.array(units, { minLength: supplies, maxLength: supplies }),
        cells: fc.array(fc.tuple(fc.boolean(), fc.nat(scoreMax), fc.nat(scoreMax)), {
          minLength: demands * supplies,
          maxLength: demands * supplies,
        }),
      })
      .map(({ demandCapacity, supplyCapacity, cells }) => {
        const pairs = cells.flatMap(([exists, demandScore, supplyScore], cell) =>
          exists
            ? [{ demand: cell % demands, supply: Math.floor(cell / demands), demandScore, supplyScore }]
            : [],
        );
        return {
          unitMode,
          demandIds: demandCapacity.map((_, index) => `d${index}`),
          demandCapacity,
          supplyIds: supplyCapacity.map((_, index) => `s${index}`),
          supplyCapacity,
          edgeDemands: pairs.map((pair) => pair.demand),
          edgeSupplies: pairs.map((pair) => pair.supply),
          demandScores: pairs.map((pair) => pair.demandScore),
          supplyScores: pairs.map((pair) => pair.supplyScore),
        };
      }),
  );
}

/** The same market with both sides and the edges in another order. */
export function shuffled(columns: GraphColumns, seed: number): GraphColumns {
  const demands = permutation(columns.demandIds.length, seed);
  const supplies = permutation(columns.supplyIds.length, seed + 1);
  const edges = permutation(columns.edgeDemands.length, seed + 2);
  return {
    ...columns,
    demandIds: demands.map((from) => columns.demandIds[from]!),
    demandCapacity: demands.map((from) => columns.demandCapacity[from]!),
    supplyIds: supplies.map((from) => columns.supplyIds[from]!),
    supplyCapacity: supplies.map((from) => columns.supplyCapacity[from]!),
    edgeDemands: edges.map((from) => demands.indexOf(columns.edgeDemands[from]!)),
    edgeSupplies: edges.map((from) => supplies.indexOf(columns.edgeSupplies[from]!)),
    demandScores: edges.map((from) => columns.demandScores[from]!),
    supplyScores: edges.map((from) => columns.supplyScores[from]!),
  };
}

/** A permutation of 0 … length - 1 that the seed decides. */
export function permutation(length: number, seed: number): number[] {
  const random = numbers(seed);
  const keys = Array.from({ length }, () => random());
  return [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
}

/** A stream of numbers in 0 … 2^32 - 1 (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The edges as `demand>supply`, in edge order. */
export function namedEdges(graph: Graph): string[] {
  return Array.from(graph.supplies, (supply, edge) => nameOf(graph, graph.demands[edge]!, supply));
}

/** The assignment as `demand>supply:units`. */
export function named(graph: Graph, { edges, units }: Assignment): string[] {
  return Array.from(edges, (edge, at) => {
    return `${nameOf(graph, graph.demands[edge]!, graph.supplies[edge]!)}:${units[at]}`;
  });
}

function nameOf(graph: Graph, demand: number, supply: number): string {
  return `${graph.demandIds[demand]}>${graph.supplyIds[supply]}`;
}
