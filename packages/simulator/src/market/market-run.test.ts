import { type Packed, type Packing, UNLIMITED } from "@marketmesh/allocation-engine";
import { array, assert, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import type { Behaviour } from "./behaviour.ts";
import { enginePlan, type MarketPlan } from "./decider.ts";
import { generateScenario } from "./generate-scenario.ts";
import { type MarketRules, playMarket } from "./market-run.ts";
import { compileScenario, type Scenario } from "./scenario.ts";

const hour = 3_600;
const rules: MarketRules = { interval: hour, window: 2 * hour, wavesMax: 50 };
const always: Behaviour = { yes: { kind: "INDEPENDENT", probability: 1 } };
const never: Behaviour = { yes: { kind: "INDEPENDENT", probability: 0 } };
const half: Behaviour = { yes: { kind: "INDEPENDENT", probability: 0.5 } };
const greedy = enginePlan("greedy", { strategy: "GREEDY" });

const pair = (demand: string, supply: string, demandScore: number) => ({ demand, supply, demandScore });

function play(scenario: Scenario, behaviour = always, plan: MarketPlan = greedy, seed = 1) {
  return playMarket(compileScenario(scenario), plan, behaviour, rules, seed);
}

const small: Scenario = {
  demands: [
    { id: "a", units: 2 },
    { id: "b", units: 1 },
  ],
  supplies: ["x", "y", "z"].map((id) => ({ id, units: 1 })),
  pairs: [pair("a", "x", 900), pair("a", "y", 800), pair("b", "x", 700), pair("b", "z", 100)],
};

test("where everybody says yes, the first round fills what fits", () => {
  const outcome = play(small);
  expect(outcome).toMatchObject({ wanted: 3, taken: 3, fill: 1, value: 1_800, offers: 3, acceptance: 1 });
  expect(outcome.meanQuality).toBe(600);
  expect(outcome.timeToFill).toBeGreaterThan(0);
  expect(outcome.timeToFill).toBeLessThan(2 * hour);
});

test("where nobody does, every pair is asked once and the run ends", () => {
  expect(play(small, never)).toMatchObject({ taken: 0, offers: 4, acceptance: 0, fill: 0, meanQuality: 0 });
});

test("a plan without answers takes what it decides at once", () => {
  const atOnce = enginePlan("now", { strategy: "GREEDY" }, { answered: false });
  expect(play(small, never, atOnce)).toMatchObject({ taken: 3, timeToFill: 0, waves: 1 });
});

test("silence holds an offer until its window is over, then the next is asked", () => {
  const silent: Behaviour = { ...always, silence: 1 };
  const outcome = play(small, silent);
  expect(outcome).toMatchObject({ taken: 0, offers: 4 });
  // x was held for two hours: b could not ask it before.
  expect(outcome.waves).toBe(2);
});

test("who arrives later waits, and who has left is neither asked nor taken", () => {
  const late = play({
    demands: [{ id: "a", units: 1, arrives: 5 * hour }],
    supplies: [
      { id: "gone", units: 1, leaves: 4 * hour },
      { id: "here", units: 1 },
    ],
    pairs: [pair("a", "gone", 9), pair("a", "here", 1)],
  });
  expect(late).toMatchObject({ taken: 1, value: 1, offers: 1 });
  const leaving = play({
    demands: [{ id: "a", units: 1, leaves: 1 }],
    supplies: [{ id: "x", units: 1 }],
    pairs: [pair("a", "x", 1)],
  });
  expect(leaving).toMatchObject({ offers: 1, taken: 0 });
});

test("who says yes and does not come is lost, and the demand opens again", () => {
  const outcome = play(
    {
      demands: [{ id: "a", units: 1 }],
      supplies: ["x", "y"].map((id) => ({ id, units: 1 })),
      pairs: [pair("a", "x", 2), pair("a", "y", 1)],
    },
    { ...always, noShow: 1 },
  );
  expect(outcome).toMatchObject({ noShows: 2, offers: 2, taken: 0 });
});

test("what is unlimited is given to everybody, and WHOLE demands get all or nothing", () => {
  const shared = play({
    demands: [
      { id: "a", units: 1 },
      { id: "b", units: 1 },
    ],
    supplies: [{ id: "data", units: UNLIMITED }],
    pairs: [pair("a", "data", 1), pair("b", "data", 1)],
  });
  expect(shared.taken).toBe(2);
  const whole = play({
    unitMode: "WHOLE",
    demands: [{ id: "a", units: 5 }],
    supplies: [
      { id: "few", units: 4 },
      { id: "many", units: 7 },
    ],
    pairs: [pair("a", "few", 9), pair("a", "many", 1)],
  });
  expect(whole).toMatchObject({ taken: 5, offers: 1, value: 1 });
});

test("what is hard is searched for by the tools that are given", () => {
  const packings: number[] = [];
  const search = ({ weights, bounds }: Packing): Packed => {
    packings.push(weights.length);
    const taken = Uint8Array.from(weights, (_, column) => (column === 1 ? 1 : 0));
    return { taken, prices: new Float64Array(bounds.length).fill(10), method: "by hand" };
  };
  // Two demands of three pieces want the only stock of five.
  const scenario: Scenario = {
    unitMode: "WHOLE",
    demands: [
      { id: "a", units: 3 },
      { id: "b", units: 3 },
    ],
    supplies: [{ id: "stock", units: 5 }],
    pairs: [pair("a", "stock", 9), pair("b", "stock", 5)],
  };
  const plan = enginePlan("optimal", { strategy: "OPTIMAL" }, { tools: { search } });
  expect(play(scenario, always, plan)).toMatchObject({ taken: 3, value: 5 });
  expect(packings[0]).toBe(2);
});

test("people who are asked often say yes less", () => {
  const scenario = generateScenario({ seed: 3, demands: 60, supplies: 20, pairsPerDemand: 10 });
  const calm = play(scenario, { yes: { kind: "INDEPENDENT", probability: 0.8 } });
  const congested = play(scenario, {
    yes: { kind: "CONGESTED", probability: 0.8, fallPerOffer: 0.2, memory: 100 * hour },
  });
  expect(congested.acceptance).toBeLessThan(calm.acceptance);
});

test("the same seed plays the same run, another another, whatever order the scenario is written in", () => {
  const scenario = generateScenario({
    ...{ seed: 7, demands: 40, supplies: 50, pairsPerDemand: 8, unitsMax: 3 },
    ...{ arriveOver: 20 * hour, stay: 30 * hour },
  });
  const turned = {
    demands: scenario.demands.toReversed(),
    supplies: scenario.supplies.toReversed(),
    pairs: scenario.pairs.toReversed(),
  };
  const first = play(scenario, half);
  expect(play(scenario, half)).toEqual(first);
  expect(play(turned, half)).toEqual(first);
  expect(play(scenario, half, greedy, 2).hash).not.toBe(first.hash);
});

test("nobody gets more than is wanted or there, by any strategy", () => {
  const strategies = [
    "GREEDY",
    "PER_DEMAND_GREEDY",
    "SCARCE_FIRST",
    "STABLE",
    "LOTTERY",
    "OPTIMAL",
    "EXPECTED",
  ] as const;
  const given = record({ seed: integer({ min: 1, max: 99 }), demands: integer({ min: 1, max: 12 }) });
  assert(
    property(given, array(integer({ min: 0, max: 10 }), { maxLength: 3 }), ({ seed, demands }, chances) => {
      const scenario = generateScenario({ seed, demands, supplies: 9, pairsPerDemand: 4, unitsMax: 2 });
      const compiled = compileScenario(scenario);
      for (const strategy of strategies) {
        const plan = enginePlan(strategy, { strategy });
        for (const chance of chances) {
          const yes = { kind: "INDEPENDENT", probability: chance / 10 } as const;
          const outcome = playMarket(compiled, plan, { yes }, rules, seed);
          expect(outcome.taken).toBeLessThanOrEqual(outcome.wanted);
          // Each supply has one unit and is taken once at most.
          expect(outcome.taken).toBeLessThanOrEqual(9);
          expect(outcome.offers).toBeLessThanOrEqual(scenario.pairs.length);
        }
      }
    }),
    { seed: 5, numRuns: 20 },
  );
});

test.each([
  [{ demands: [{ id: "a", units: 1, arrives: -1 }] }, "arrives at -1"],
  [{ demands: [{ id: "a", units: 1, arrives: Number.NaN }] }, "arrives at NaN"],
  [{ demands: [{ id: "a", units: 1, arrives: 5, leaves: 5 }] }, "not after it arrives"],
  [{ demands: [], pairs: [pair("b", "x", 1)] }, "names demand b"],
])("a scenario that cannot be is refused: %#", (wrong, message) => {
  expect(() => compileScenario({ ...small, pairs: [], ...wrong })).toThrow(message);
});
