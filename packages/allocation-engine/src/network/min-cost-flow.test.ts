import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cheapestByPaths } from "../testing/cheapest-by-paths.ts";
import { networkOf, parseDimacs, readText } from "../testing/dimacs.ts";
import { changedBy } from "../testing/dimacs-changes.ts";

import { networks } from "../testing/random-network.ts";
import { minCostFlow } from "./min-cost-flow.ts";
import { type Network, UNBOUNDED } from "./network.ts";
import { verifyFlow } from "./verify-flow.ts";

const diamond: Network = {
  supplies: [4, 0, 0, -4],
  tails: [0, 0, 1, 2, 1],
  heads: [1, 2, 3, 3, 2],
  upper: [3, 3, 2, 4, 5],
  costs: [1, 4, 1, 1, -2],
};

test("sends each unit the cheapest way that is left", () => {
  const result = minCostFlow(diamond);
  expect(Array.from(result.flow)).toEqual([3, 1, 0, 4, 3]);
  expect(result.cost).toBe(5);
  expect(verifyFlow(diamond, result)).toEqual([]);
});

test("units do not go round in a circle, however much room it has", () => {
  const room = 2 ** 20 + 1;
  const network: Network = {
    supplies: [0, 0, 0, -101, 349_525, 0, 0, -349_525, 101],
    tails: [
      5, 8, 1, 6, 4, 8, 7, 7, 6, 3, 8, 5, 8, 0, 4, 7, 8, 6, 4, 4, 0, 1, 3, 7, 0, 0, 6, 2, 0, 1, 2, 3, 4, 5, 6,
      7, 8,
    ],
    heads: [
      4, 4, 3, 7, 2, 2, 2, 4, 0, 0, 8, 8, 3, 3, 2, 2, 4, 6, 1, 0, 7, 4, 8, 3, 1, 4, 3, 1, 1, 2, 3, 4, 5, 6, 7,
      8, 0,
    ],
    upper: [
      98, -1, 3, 44, 72, 33, 0, -1, 42, -1, 112, 91, 0, -1, 71, 78, 0, 0, 0, 69, -1, 60, 106, -1, -1, 95, -1,
      0, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    ].map((less) => (less < 0 ? UNBOUNDED : room - less)),
    lower: Array.from({ length: 37 }, (_, arc) =>
      [6, 17].includes(arc) ? 1 : [11, 14].includes(arc) ? 2 : 0,
    ),
    costs: [
      ...[
        -27, -5, -3, 62, -12, 86, -96, 12, 97, -30, -55, 91, 84, 75, 77, -26, 46, 0, -9, -59, 69, -1, 48, 41,
        61, 7, 21, 77,
      ],
      ...Array.from({ length: 9 }, () => 1_000),
    ],
  };
  const result = minCostFlow(network);
  expect(verifyFlow(network, result)).toEqual([]);
  expect(result.work.pushes).toBeLessThan(1_000);
});

test("finds the cost that successive shortest paths find, or refuses for the same reason", () => {
  fc.assert(
    fc.property(networks(), (network) => {
      const expected = cheapestByPaths(network);
      if (expected === undefined) {
        expect(() => minCostFlow(network)).toThrow(expect.objectContaining({ reason: "NETWORK_INFEASIBLE" }));
        return;
      }
      const result = minCostFlow(network);
      expect(result.cost).toBe(expected);
      expect(verifyFlow(network, result)).toEqual([]);
    }),
    { numRuns: 600, seed: 23 },
  );
});

test("finds that cost where costs or units are too large for 32 bits", () => {
  const large = 2 ** 31;
  const times = (column: ArrayLike<number>) => Array.from(column, (value) => value * large);
  fc.assert(
    fc.property(networks(), (network) => {
      const expected = cheapestByPaths(network);
      if (expected === undefined) return;
      const { supplies, lower = [], upper, costs } = network;
      const dear = { ...network, costs: times(costs) };
      const wide = { ...network, supplies: times(supplies), lower: times(lower), upper: times(upper) };
      for (const scaled of [dear, wide]) {
        const result = minCostFlow(scaled);
        expect(result.cost).toBe(expected * large);
        expect(verifyFlow(scaled, result)).toEqual([]);
      }
    }),
    { numRuns: 200, seed: 29 },
  );
});

test("finds the same cost from whatever start", () => {
  fc.assert(
    fc.property(
      networks(),
      fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 200, maxLength: 200 }),
      (network, noise) => {
        const expected = cheapestByPaths(network);
        if (expected === undefined) return;
        const potentials = Array.from({ length: network.supplies.length }, (_, node) => noise[node % 200]!);
        const flow = Array.from({ length: network.tails.length }, (_, arc) => noise[(arc + 7) % 200]!);
        for (const start of [{ potentials }, { potentials, flow }]) {
          const result = minCostFlow(network, { start });
          expect(result.cost).toBe(expected);
          expect(verifyFlow(network, result)).toEqual([]);
        }
      },
    ),
    { numRuns: 200, seed: 29 },
  );
});

test("starts from an earlier answer with little left to do", () => {
  const first = minCostFlow(diamond);
  const again = minCostFlow(diamond, { start: first });
  expect(again.work).toMatchObject({ pushes: 0, relabels: 0 });
  expect(again.cost).toBe(first.cost);
});

describe("bounds", () => {
  test("an arc without a bound carries what is sent", () => {
    const network = { ...diamond, upper: [UNBOUNDED, 3, UNBOUNDED, UNBOUNDED, UNBOUNDED] };
    const result = minCostFlow(network);
    expect(result.cost).toBe(0);
    expect(verifyFlow(network, result)).toEqual([]);
  });

  test("a cycle that pays is used to its bound, also at a single node", () => {
    const network = {
      supplies: [0, 0],
      tails: [0, 1, 1],
      heads: [1, 0, 1],
      upper: [7, 5, 3],
      costs: [-3, 1, -1],
    };
    const result = minCostFlow(network);
    expect(Array.from(result.flow)).toEqual([5, 5, 3]);
    expect(result.cost).toBe(-13);
    expect(verifyFlow(network, result)).toEqual([]);
  });

  test("a network of nothing costs nothing", () => {
    for (const nodes of [0, 1, 3]) {
      const network = { supplies: new Int32Array(nodes), tails: [], heads: [], upper: [], costs: [] };
      expect(minCostFlow(network)).toMatchObject({ cost: 0 });
    }
  });
});

describe("refuses", () => {
  const cases: [string, Partial<Network>, string][] = [
    ["columns of different length", { costs: [1] }, "COLUMN_LENGTHS_DIFFER"],
    ["a cost that is not an integer", { costs: [1, Number.NaN, 1, 1, -2] }, "NETWORK_INVALID"],
    ["a bound below 0", { lower: [0, -1, 0, 0, 0] }, "NETWORK_INVALID"],
    ["a node that is not there", { heads: [1, 2, 3, 9, 2] }, "NETWORK_INVALID"],
    ["a lower bound above the upper", { lower: [0, 4, 0, 0, 0] }, "NETWORK_INFEASIBLE"],
    ["supplies that are not taken", { supplies: [4, 0, 0, -3] }, "NETWORK_INFEASIBLE"],
    ["what has no way", { upper: [3, 3, 2, 1, 5] }, "NETWORK_INFEASIBLE"],
    ["costs that cannot be scaled", { costs: [1, 2 ** 52, 1, 1, -2] }, "NETWORK_OVERFLOW"],
    ["sums past 2^53", { upper: [2 ** 52, 2 ** 52, 2 ** 52, 4, 5] }, "NETWORK_OVERFLOW"],
  ];
  test.each(cases)("%s", (_, change, reason) => {
    expect(() => minCostFlow({ ...diamond, ...change })).toThrow(expect.objectContaining({ reason }));
  });

  test("a cycle of negative cost without a bound", () => {
    const network = {
      supplies: [0, 0],
      tails: [0, 1],
      heads: [1, 0],
      upper: [UNBOUNDED, UNBOUNDED],
      costs: [1, -2],
    };
    expect(() => minCostFlow(network)).toThrow(expect.objectContaining({ reason: "NETWORK_UNBOUNDED" }));
  });

  test("a start of another network", () => {
    const start = { potentials: [0, 0] };
    expect(() => minCostFlow(diamond, { start })).toThrow(
      expect.objectContaining({ reason: "COLUMN_LENGTHS_DIFFER" }),
    );
  });
});

const folder = "../shared/data/allocation/flowlessly";

describe.skipIf(!existsSync(folder))(
  "the graphs of Flowlessly (skipped where ../shared/data is missing)",
  () => {
    const expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")) as Record<
      string,
      { min_cost: number }
    >;
    test.each(Object.entries(expected))("%s", (file, { min_cost }) => {
      const network = networkOf(parseDimacs(readText(`${folder}/${file}`)));
      const result = minCostFlow(network);
      expect(result.cost).toBe(min_cost);
      expect(verifyFlow(network, result)).toEqual([]);
    });

    const changes = [
      "add_arc_equiv_core",
      "add_arc_pref_core",
      "add_core",
      "add_task",
      "add_task_noprempt",
      "chg_pref_core",
      "chg_task_sched",
      "rem_arc_pref_core",
      "rem_core_with_task",
      "rem_core_without_task",
      "rem_machine",
      "rem_sched_task",
    ];
    test.each(changes)("solves again after %s from the prices before it", (change) => {
      const { before, after } = changedBy(
        parseDimacs(readText(`${folder}/graph_4m_2crs_6j.in`)),
        readText(`${folder}/graph_4m_2crs_6j_${change}.in`),
      );
      const old = minCostFlow(before);
      const fromScratch = minCostFlow(after);
      for (const start of [{ potentials: old.potentials }, { potentials: old.potentials, flow: old.flow }]) {
        const again = minCostFlow(after, { start });
        expect(again.cost).toBe(fromScratch.cost);
        expect(verifyFlow(after, again)).toEqual([]);
      }
    });
  },
);
