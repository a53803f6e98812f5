/**
 * One sampled world: the pairs that would accept in it, as compressed sparse rows over the demands that take part. Buffers are reused
 * from world to world; only the first `pairs` entries count.
 */
export interface World {
  /** Rows: open demands, then imagined ones that may still come. */
  rows: number;
  /** Pairs of row r: `offsets[r] .. offsets[r + 1] - 1`. */
  readonly offsets: Uint32Array;
  /** Openings of each row. */
  readonly capacity: Int32Array;
  readonly supplies: Int32Array;
  /** In scores. */
  readonly weights: Float64Array;
  /** Edge of the graph. */
  readonly edges: Uint32Array;
}

export function emptyWorld(rowsMax: number, pairsMax: number): World {
  return {
    rows: 0,
    offsets: new Uint32Array(rowsMax + 1),
    capacity: new Int32Array(rowsMax),
    supplies: new Int32Array(pairsMax),
    weights: new Float64Array(pairsMax),
    edges: new Uint32Array(pairsMax),
  };
}
