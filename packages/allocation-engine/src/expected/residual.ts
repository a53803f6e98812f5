import type { SparseGraph } from "../graph.ts";

/** What is left to decide when a wave begins. */
export interface Residual {
  /** Waves in all, this one and those before included: how long one can wait. */
  readonly waves: number;
  /** Per demand: openings that are neither filled nor on offer; 0 where it is not open (yet, or any more). */
  readonly demandLeft: Int32Array;
  /** Per supply: units that are neither taken nor on offer. */
  readonly supplyLeft: Int32Array;
  /** Per edge: 1 when the pair was asked before. Nobody is asked twice about the same. */
  readonly asked: Uint8Array;
}

/** Pairs that could be offered, by open demand: those of `demands[r]` are `edges[offsets[r]] .. edges[offsets[r + 1] - 1]`. */
export interface LivePairs {
  readonly demands: Uint32Array;
  readonly offsets: Uint32Array;
  readonly edges: Uint32Array;
}

/** Reads rows of open demands only: what is not open is not known. */
export function livePairs(
  graph: SparseGraph,
  { demandLeft, supplyLeft, asked }: Omit<Residual, "waves">,
): LivePairs {
  let [rows, room] = [0, 0];
  for (let demand = 0; demand < demandLeft.length; demand++) {
    if (demandLeft[demand]! <= 0) continue;
    rows++;
    room += graph.offsets[demand + 1]! - graph.offsets[demand]!;
  }
  const demands = new Uint32Array(rows);
  const offsets = new Uint32Array(rows + 1);
  const edges = new Uint32Array(room);
  let [row, count] = [0, 0];
  for (let demand = 0; demand < demandLeft.length; demand++) {
    if (demandLeft[demand]! <= 0) continue;
    for (let edge = graph.offsets[demand]!; edge < graph.offsets[demand + 1]!; edge++) {
      if (asked[edge] === 0 && supplyLeft[graph.supplies[edge]!]! > 0) edges[count++] = edge;
    }
    demands[row++] = demand;
    offsets[row] = count;
  }
  return { demands, offsets, edges: edges.subarray(0, count) };
}
