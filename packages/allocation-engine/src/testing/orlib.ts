import type { DenseCosts } from "../dense/dense.ts";

/** Reads an assignment problem of OR-Library (Beasley 1990): the size, then the costs row by row. */
export function parseAssignment(text: string): DenseCosts {
  const [size, ...values] = text.trim().split(/\s+/).map(Number) as [number, ...number[]];
  return { rows: size, columns: size, values: Int32Array.from(values) };
}
