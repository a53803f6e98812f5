import fc from "fast-check";
import { expect, test } from "vitest";
import { solveRound } from "./round-graph.ts";
import type { SnapshotLevel } from "./round-snapshot.ts";

const plan = { strategy: "DEFERRED_ACCEPTANCE", proposing: "DEMAND", unitMode: "SPREAD" } as const;
const demand = (id: string, units = 1, sector?: string): SnapshotLevel => ({
  id,
  ordinal: 0,
  epoch: 1,
  units,
  ...(sector !== undefined && { groups: { sector } }),
});
const supply = (id: string, ordinal: number, units = 1, group?: string): SnapshotLevel => ({
  id,
  ordinal,
  epoch: 1,
  units,
  ...(group !== undefined && { group }),
});
const ranked = (at: number, ordinals: number[], demandScores: number[]) => ({
  demand: at,
  ordinals,
  demandScores,
  supplyScores: [],
});

test("deferred acceptance and greedy differ where both sides would rather have each other", async () => {
  const demands = [demand("a"), demand("b")];
  const supplies = [supply("x", 0), supply("y", 1)];
  const rows = [
    { demand: 0, ordinals: [0, 1], demandScores: [10, 9], supplyScores: [1, 5] },
    { demand: 1, ordinals: [0, 1], demandScores: [8, 1], supplyScores: [9, 1] },
  ];
  const pairsBy = async (strategy: "DEFERRED_ACCEPTANCE" | "GREEDY") => {
    const { pairs } = await solveRound({ ...plan, strategy }, demands, supplies, rows);
    return pairs.map((pair) => `${pair.demand}-${pair.supply}`);
  };
  expect((await pairsBy("DEFERRED_ACCEPTANCE")).sort()).toEqual(["a-y", "b-x"]);
  expect((await pairsBy("GREEDY")).sort()).toEqual(["a-x", "b-y"]);
});

test("a demand that is given whole gets nothing whose units are not together", async () => {
  const apart = { ...supply("apart", 0, 5), together: 2 };
  const rows = [ranked(0, [0, 1], [9, 1])];
  const pairsBy = async (unitMode: "WHOLE" | "SPREAD", units: number) => {
    const by = { ...plan, strategy: "GREEDY", unitMode } as const;
    const { pairs, choices } = await solveRound(by, [demand("a", units)], [apart, supply("y", 1, 5)], rows);
    return [pairs.map((pair) => pair.supply), choices[0]];
  };
  expect(await pairsBy("WHOLE", 3)).toEqual([["y"], 1]);
  expect(await pairsBy("WHOLE", 2)).toEqual([["apart"], 2]);
  expect(await pairsBy("SPREAD", 1)).toEqual([["apart"], 2]);
});

test("an exclusive supply is one node per group value: one unit each", async () => {
  const demands = [demand("a", 1, "health"), demand("b", 1, "health"), demand("c", 1, "energy")];
  const { pairs } = await solveRound(
    plan,
    demands,
    [supply("data", 0, -1, "sector")],
    [0, 1, 2].map((at) => ranked(at, [0], [5])),
  );
  expect(pairs.map((pair) => pair.demand)).toEqual(["a", "c"]);
});

test("supplies without a level are counted and take no part; those with nothing left neither", async () => {
  const { pairs, unknownSupplies, choices } = await solveRound(
    plan,
    [demand("a")],
    [supply("gone", 1, 0)],
    [ranked(0, [7, 1], [9, 8])],
  );
  expect([pairs.length, unknownSupplies, choices[0]]).toEqual([0, 1, 0]);
});

test("whole units come from one supply that has enough", async () => {
  const whole = { ...plan, strategy: "GREEDY", unitMode: "WHOLE" } as const;
  const { pairs } = await solveRound(
    whole,
    [demand("a", 3)],
    [supply("few", 0, 2), supply("many", 1, 5)],
    [ranked(0, [0, 1], [9, 1])],
  );
  expect(pairs).toMatchObject([{ supply: "many", units: 3 }]);
});

test("property: nobody gets more than there is, and the order of the input never shows", async () => {
  const units = fc.integer({ min: 0, max: 3 });
  const world = fc.record({
    demands: fc.array(units, { minLength: 1, maxLength: 6 }),
    supplies: fc.array(units, { minLength: 1, maxLength: 6 }),
    seed: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(world, async ({ demands, supplies, seed }) => {
      const left = supplies.map((count, at) => supply(`s${at}`, at, count));
      const wanting = demands.map((count, at) => demand(`d${at}`, count));
      const rows = demands.map((_, d) => {
        const ordinals = supplies.map((_, s) => s);
        return ranked(
          d,
          ordinals,
          ordinals.map((s) => Math.imul(seed ^ (d * 31 + s), 2_654_435_761) % 5),
        );
      });
      const solution = await solveRound(plan, wanting, left, rows);
      for (const { id, units: most } of wanting) {
        expect(solution.pairs.filter((pair) => pair.demand === id).length).toBeLessThanOrEqual(most);
      }
      for (const { id, units: most } of left) {
        expect(solution.pairs.filter((pair) => pair.supply === id).length).toBeLessThanOrEqual(most);
      }
      const again = await solveRound(plan, wanting, left.toReversed(), rows.toReversed());
      expect(again.pairs).toEqual(solution.pairs);
    }),
  );
});
