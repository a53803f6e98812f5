import { expect, test } from "vitest";
import { type DemandRows, WorthBound } from "./worth-bound.ts";

const heavy = 2 ** 31 - 1;
const units = 2 ** 22;

/** Two demands of 2^22 edges each, all at almost 2^31; so many units are wanted. 2^53 is one such demand and a little. */
function rows(first: number, second: number): DemandRows & { capacity: Int32Array } {
  return {
    count: 2,
    start: Uint32Array.of(0, units),
    end: Uint32Array.of(units, 2 * units),
    capacity: Int32Array.of(first, second),
    lines: new Int32Array(4 * units).fill(heavy),
  };
}

const refused = expect.objectContaining({ reason: "WEIGHT_OVERFLOW" });
const arrival = { capacity: 1, others: [0], weights: [heavy] };

test("a batch that could lift the total beyond 2^53 is refused: weights, arrivals, capacities", () => {
  const bound = new WorthBound(rows(units - 2, 0));
  bound.add({ arrivingDemands: [arrival], weights: [{ demand: 0, supply: 0, weight: -5 }] });
  expect(() => bound.add({ arrivingDemands: [arrival] })).not.toThrow();
  const three = [arrival, arrival, arrival];
  expect(() => bound.add({ arrivingDemands: three })).toThrow(refused);
  expect(() => bound.add({ arrivingSupplies: three })).toThrow(refused);
  expect(() =>
    bound.add({ weights: [0, 1, 2].map((supply) => ({ demand: 1, supply, weight: heavy })) }),
  ).toThrow(refused);
  expect(() => bound.add({ demandCapacities: [{ node: 1, capacity: 3 }] })).toThrow(refused);
  expect(() => bound.add({ demandCapacities: [{ node: 0, capacity: 2 ** 30 }] })).not.toThrow();
});

test("what left makes room", () => {
  const demand = rows(units, 0);
  const bound = new WorthBound(demand);
  const batch = { weights: Array.from({ length: 3 }, (_, supply) => ({ demand: 1, supply, weight: heavy })) };
  expect(() => bound.add(batch)).toThrow(refused);
  demand.capacity[0] = units - 3;
  expect(() => bound.add(batch)).not.toThrow();
});
