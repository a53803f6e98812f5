import { dualBound, type Packed, type Packing } from "./packing.ts";

const STEPS = 300;
const PATIENCE = 10;
const SMALLEST_STEP = 0.01;

/**
 * A choice near the best one for packings too large for a search: prices per row by subgradient steps on the Lagrangian dual, and
 * from the prices of each step a repaired choice, which keeps every row; the best choice and the lowest bound are kept. The gap
 * between them is honest: it bounds how far from the best the choice can be.
 *
 * M. L. Fisher, "The Lagrangian Relaxation Method for Solving Integer Programming Problems", Management Science 27 (1981). Time:
 * O(steps · (entries + columns · log columns)).
 */
export function lagrangianRepair(packing: Packing): Packed {
  const { weights, bounds } = packing;
  let prices = new Float64Array(bounds.length);
  let best = repair(packing, prices);
  let bound = Number.POSITIVE_INFINITY;
  let boundPrices = prices;
  let step = 1;
  let waited = 0;
  for (let turn = 0; turn < STEPS && step > SMALLEST_STEP && best.worth < Math.floor(bound + SLACK); turn++) {
    const relaxed = relaxedChoice(packing, prices);
    if (relaxed.bound < bound - SLACK) {
      bound = relaxed.bound;
      boundPrices = prices;
      waited = 0;
    } else if (++waited === PATIENCE) {
      step /= 2;
      waited = 0;
    }
    const repaired = repair(packing, prices);
    if (repaired.worth > best.worth) best = repaired;
    prices = stepped(packing, prices, relaxed, step, best.worth);
  }
  bound = Math.min(bound, dualBound(packing, boundPrices));
  return {
    taken: weights.length === 0 ? new Uint8Array() : best.taken,
    prices: boundPrices,
    method: "Lagrangian repair",
  };
}

const SLACK = 1e-3;

interface Relaxed {
  readonly bound: number;
  /** By row: bound less what the relaxed choice uses. */
  readonly slack: Float64Array;
}

/** Without the rows, every column that is worth more than its rows' prices is taken. */
function relaxedChoice({ weights, offsets, rows, sizes, bounds }: Packing, prices: Float64Array): Relaxed {
  const slack = bounds.slice();
  let bound = 0;
  for (let row = 0; row < bounds.length; row++) {
    if (prices[row]! > 0) bound += prices[row]! * bounds[row]!;
  }
  for (let column = 0; column < weights.length; column++) {
    let left = weights[column]!;
    for (let at = offsets[column]!; at < offsets[column + 1]!; at++) left -= sizes[at]! * prices[rows[at]!]!;
    if (left <= 0) continue;
    bound += left;
    for (let at = offsets[column]!; at < offsets[column + 1]!; at++) slack[rows[at]!]! -= sizes[at]!;
  }
  return { bound, slack };
}

/** Raises prices where rows are overfull and lowers them where they are not, by Polyak's step towards the best known worth. */
function stepped(
  { bounds }: Packing,
  prices: Float64Array,
  { bound, slack }: Relaxed,
  step: number,
  worth: number,
): Float64Array<ArrayBuffer> {
  let norm = 0;
  for (let row = 0; row < bounds.length; row++) {
    if (Number.isFinite(bounds[row]!) && !(slack[row]! > 0 && prices[row] === 0)) norm += slack[row]! ** 2;
  }
  const size = norm === 0 ? 0 : (step * Math.max(bound - worth, 1)) / norm;
  return prices.map((price, row) =>
    Number.isFinite(bounds[row]!) ? Math.max(0, price - size * slack[row]!) : 0,
  );
}

/** Columns by what they are worth above their rows' prices, best first, each taken that fits. Ties: the greater weight, lower column. */
function repair(packing: Packing, prices: Float64Array): { taken: Uint8Array; worth: number } {
  const { weights, offsets, rows, sizes, bounds } = packing;
  const left = Float64Array.from(weights);
  for (let column = 0; column < left.length; column++) {
    for (let at = offsets[column]!; at < offsets[column + 1]!; at++) {
      left[column]! -= sizes[at]! * prices[rows[at]!]!;
    }
  }
  const order = Uint32Array.from(left.keys()).sort(
    (a, b) => left[b]! - left[a]! || weights[b]! - weights[a]! || a - b,
  );
  const room = bounds.slice();
  const taken = new Uint8Array(left.length);
  let worth = 0;
  for (const column of order) {
    if (!(weights[column]! > 0) || !fits(column)) continue;
    for (let at = offsets[column]!; at < offsets[column + 1]!; at++) room[rows[at]!]! -= sizes[at]!;
    taken[column] = 1;
    worth += weights[column]!;
  }
  return { taken, worth };

  function fits(column: number): boolean {
    for (let at = offsets[column]!; at < offsets[column + 1]!; at++) {
      if (room[rows[at]!]! < sizes[at]!) return false;
    }
    return true;
  }
}
