import { EngineError } from "./engine-error.ts";
import type { SparseGraph } from "./graph.ts";
import { groupingOf, valueIndex } from "./groups.ts";
import type { Objective, ObjectiveData } from "./plan.ts";

const ONE = 1_000_000;
/** Score (31 bits) times quality (22 bits) stays an exact integer. */
const QUALITY_MAX = 4 * ONE;
const SECONDS_PER_HOUR = 3600;

/**
 * One weight per edge, in millionths: both scores as the objective counts them, plus what the objective adds for a pair, for the
 * demand's waiting and for the groups, less what both sides would get elsewhere. An edge whose weight is not above 0 is worth nobody's
 * while; strategies that go by weights never choose it.
 *
 * @throws EngineError OBJECTIVE_INVALID (a part is NaN, no integer, negative where it must not be, or too large), GROUPING_INVALID,
 *   WEIGHT_OVERFLOW (a weight leaves 32 bits, or all positive weights together 2^53 - 1)
 */
export function objectiveWeights(
  graph: SparseGraph,
  objective: Objective,
  data: ObjectiveData = {},
): Int32Array {
  const demandQuality = quality("demandQuality", objective.demandQuality ?? ONE);
  const supplyQuality = quality("supplyQuality", objective.supplyQuality ?? 0);
  const ofDemand = demandParts(graph, objective, data);
  const ofSupply = supplyParts(graph, objective, data);
  const weights = new Int32Array(graph.supplies.length);
  let sum = 0;
  for (let edge = 0; edge < weights.length; edge++) {
    const weight =
      Math.round((graph.demandScores[edge]! * demandQuality) / ONE) +
      Math.round((graph.supplyScores[edge]! * supplyQuality) / ONE) +
      ofDemand[graph.demands[edge]!]! +
      ofSupply[graph.supplies[edge]!]!;
    if ((weight | 0) !== weight) {
      throw new EngineError("WEIGHT_OVERFLOW", `the weight of edge ${edge} is ${weight}, beyond 32 bits`);
    }
    weights[edge] = weight;
    if (weight > 0) sum += weight;
  }
  if (sum > Number.MAX_SAFE_INTEGER) {
    throw new EngineError("WEIGHT_OVERFLOW", `all weights together are ${sum}, beyond 2^53 - 1`);
  }
  return weights;
}

/** What every edge of a demand gets: fill, waiting, groups, outside option. */
function demandParts(graph: SparseGraph, objective: Objective, data: ObjectiveData): Float64Array {
  const parts = new Float64Array(graph.demandCapacity.length);
  parts.fill(amount("fillBonus", objective.fillBonus ?? 0));
  addWaiting(parts, objective, data.waiting);
  addBonuses(parts, "DEMAND", objective, data);
  takeOutside(parts, "demand", data.outside?.demand);
  return parts;
}

function supplyParts(graph: SparseGraph, objective: Objective, data: ObjectiveData): Float64Array {
  const parts = new Float64Array(graph.supplyCapacity.length);
  addBonuses(parts, "SUPPLY", objective, data);
  takeOutside(parts, "supply", data.outside?.supply);
  return parts;
}

function addWaiting(parts: Float64Array, objective: Objective, waiting: ArrayLike<number> = []): void {
  const perHour = amount("waitingBonusPerHour", objective.waitingBonusPerHour ?? 0);
  const most = amount("waitingBonusMax", objective.waitingBonusMax ?? ONE);
  if (perHour === 0) return;
  sameLength("waiting", waiting, parts.length);
  for (let demand = 0; demand < parts.length; demand++) {
    const seconds = waiting[demand]!;
    if (!(seconds >= 0))
      throw new EngineError("OBJECTIVE_INVALID", `demand ${demand} has waited ${seconds} s`);
    parts[demand]! += Math.min(most, Math.floor(seconds / SECONDS_PER_HOUR) * perHour);
  }
}

function addBonuses(
  parts: Float64Array,
  side: "DEMAND" | "SUPPLY",
  objective: Objective,
  data: ObjectiveData,
): void {
  for (const { grouping, value, bonus } of objective.groupBonuses ?? []) {
    const groups = groupingOf(data.groups, grouping);
    if (groups.side !== side) continue;
    integer(`the bonus of ${grouping} ${value}`, bonus);
    const group = valueIndex(groups, value);
    sameLength(grouping, groups.of, parts.length);
    for (let position = 0; position < parts.length; position++) {
      if (groups.of[position] === group) parts[position]! += bonus;
    }
  }
}

function takeOutside(parts: Float64Array, side: string, outside: ArrayLike<number> | undefined): void {
  if (outside === undefined) return;
  sameLength(`outside.${side}`, outside, parts.length);
  for (let position = 0; position < parts.length; position++) {
    parts[position]! -= integer(`the outside option of ${side} ${position}`, outside[position]!);
  }
}

function quality(name: string, value: number): number {
  amount(name, value);
  if (value > QUALITY_MAX) {
    throw new EngineError("OBJECTIVE_INVALID", `${name} is ${value}; allowed: 0 to ${QUALITY_MAX}`);
  }
  return value;
}

function amount(name: string, value: number): number {
  if (integer(name, value) < 0) throw new EngineError("OBJECTIVE_INVALID", `${name} is ${value}, below 0`);
  return value;
}

function integer(name: string, value: number): number {
  if (!Number.isSafeInteger(value)) {
    throw new EngineError("OBJECTIVE_INVALID", `${name} is ${value}, not a safe integer`);
  }
  return value;
}

function sameLength(name: string, column: ArrayLike<number>, length: number): void {
  if (column.length === length) return;
  throw new EngineError("COLUMN_LENGTHS_DIFFER", `${name} has ${column.length} entries, its side ${length}`);
}
