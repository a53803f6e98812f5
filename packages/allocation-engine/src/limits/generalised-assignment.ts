import { EngineError } from "../engine-error.ts";
import type { Packing } from "./packing.ts";

/** Jobs that each go to one agent at most, and take of it what that agent needs for them: by agent, then by job. */
export interface GeneralisedAssignment {
  readonly weights: readonly ArrayLike<number>[];
  readonly sizes: readonly ArrayLike<number>[];
  readonly capacities: ArrayLike<number>;
}

/**
 * Generalised assignment as a packing: column `agent · jobs + job`, rows the jobs, then the agents.
 *
 * @param bonus added to each weight: one above the sum of all weights makes every job go somewhere if that is possible
 * @throws EngineError WEIGHT_OVERFLOW, CAPACITY_INVALID (a weight, size or capacity that is no integer of 0 or more)
 */
export function generalisedAssignment(
  { weights, sizes, capacities }: GeneralisedAssignment,
  bonus = 0,
): Packing {
  const agents = weights.length;
  const jobs = weights[0]?.length ?? 0;
  const flatWeights = new Float64Array(agents * jobs);
  const rows = new Uint32Array(2 * agents * jobs);
  const flatSizes = new Float64Array(2 * agents * jobs);
  for (let agent = 0; agent < agents; agent++) {
    for (let job = 0; job < jobs; job++) {
      const column = agent * jobs + job;
      flatWeights[column] = natural("weight", weights[agent]![job]!) + bonus;
      rows.set([job, jobs + agent], 2 * column);
      flatSizes.set([1, natural("size", sizes[agent]![job]!)], 2 * column);
    }
  }
  return {
    weights: flatWeights,
    offsets: Uint32Array.from({ length: agents * jobs + 1 }, (_, column) => 2 * column),
    rows,
    sizes: flatSizes,
    bounds: Float64Array.from({ length: jobs + agents }, (_, row) =>
      row < jobs ? 1 : natural("capacity", capacities[row - jobs]!),
    ),
  };
}

function natural(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new EngineError(name === "weight" ? "WEIGHT_OVERFLOW" : "CAPACITY_INVALID", `a ${name} is ${value}`);
}
