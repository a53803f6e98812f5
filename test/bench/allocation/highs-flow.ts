import type { Network } from "@marketmesh/allocation-engine";
import type { Highs } from "highs";

/** What HiGHS found for a network, and how long it took, from its columns ready made to the optimum. */
export interface HighsFlow {
  readonly cost: number;
  readonly ms: number;
}

/** Solves a network as a linear program: one column per arc, one row of balance per node. */
export function solveWithHighs(highs: Highs, network: Network): HighsFlow {
  const arcs = network.tails.length;
  const nodes = network.supplies.length;
  const indices = new Int32Array(2 * arcs);
  const values = new Float64Array(2 * arcs);
  for (let arc = 0; arc < arcs; arc++) {
    indices.set([network.tails[arc]!, network.heads[arc]!], 2 * arc);
    values.set([1, -1], 2 * arc);
  }
  const balance = Float64Array.from(network.supplies);
  return highs.withModel((model): HighsFlow => {
    model.options.set("output_flag", false);
    const start = performance.now();
    model.passModel({
      numCols: arcs,
      numRows: nodes,
      colCost: Float64Array.from(network.costs),
      colLower: Float64Array.from(network.lower ?? new Float64Array(arcs)),
      colUpper: Float64Array.from(network.upper),
      rowLower: balance,
      rowUpper: balance,
      matrix: {
        format: "csc",
        numRows: nodes,
        numCols: arcs,
        starts: Int32Array.from({ length: arcs + 1 }, (_, arc) => 2 * arc),
        indices,
        values,
      },
    });
    model.run();
    return { cost: Number(model.info.get("objective_function_value")), ms: performance.now() - start };
  });
}
