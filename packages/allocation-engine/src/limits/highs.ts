import type { Highs, Model, NumberInput } from "highs";
import type { Packed, Packing, PackingSolver } from "./packing.ts";

/** Nodes of the search tree; a bound on work that is the same on every machine, unlike time. */
const NODES_MAX = 20_000;

/**
 * Loads HiGHS (https://highs.dev, compiled to WebAssembly), which searches for the best choice by branch and bound. Loading takes
 * some 10 ms, once; solving is synchronous.
 */
export async function loadPackingSolver(): Promise<PackingSolver> {
  // Its types describe the CommonJS build, where the loader stands one level deeper.
  const { default: load } = (await import("highs")) as unknown as { readonly default: () => Promise<Highs> };
  const highs = await load();
  return (packing) => searched(highs, packing);
}

/** Prices from the linear relaxation, the choice from the search. */
function searched(highs: Highs, packing: Packing): Packed {
  const prices = highs.withModel((model): Float64Array => {
    pass(model, packing);
    model.run();
    // A row that is full has a dual of 0 or less in a minimum.
    return model.getSolution().rowDual.map((dual) => Math.max(0, -dual));
  });
  return highs.withModel((model): Packed => {
    model.options.set("mip_rel_gap", 0);
    model.options.set("mip_abs_gap", 0.999);
    model.options.set("mip_max_nodes", NODES_MAX);
    pass(model, packing, new Int32Array(packing.weights.length).fill(highs.constants.variableType.integer));
    model.run();
    const values = model.getSolution().colValue;
    return {
      taken: Uint8Array.from(packing.weights, (_, column) => (values[column]! > 0.5 ? 1 : 0)),
      prices,
      method: "HiGHS",
      searchBound: Math.floor(-Number(model.info.get("mip_dual_bound")) + ROUNDING),
    };
  });
}

const ROUNDING = 1e-3;

function pass(model: Model, packing: Packing, integrality?: Int32Array): void {
  const columns = packing.weights.length;
  const rows = packing.bounds.length;
  const every = (value: number): NumberInput => new Float64Array(columns).fill(value);
  model.options.set("output_flag", false);
  model.passModel({
    numCols: columns,
    numRows: rows,
    colCost: Float64Array.from(packing.weights, (weight) => -weight),
    colLower: every(0),
    colUpper: every(1),
    rowLower: new Float64Array(rows).fill(Number.NEGATIVE_INFINITY),
    rowUpper: packing.bounds,
    matrix: {
      format: "csc",
      numRows: rows,
      numCols: columns,
      starts: Int32Array.from(packing.offsets),
      indices: Int32Array.from(packing.rows),
      values: packing.sizes,
    },
    ...(integrality === undefined ? {} : { integrality }),
  });
}
