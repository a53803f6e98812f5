import { expect, test } from "vitest";
import { answerTo, probabilityOf } from "./behaviour.ts";
import { planOutcome, runsOf } from "./compare.ts";
import { enginePlan } from "./decider.ts";
import { estimateOf, studentT } from "./estimate.ts";
import { EventQueue } from "./event-queue.ts";
import { generateScenario } from "./generate-scenario.ts";
import { compileScenario } from "./scenario.ts";

test("plans are played seed by seed, one run at a time, and summed up with their bounds", () => {
  const scenario = compileScenario(
    generateScenario({ seed: 1, demands: 30, supplies: 30, pairsPerDemand: 6 }),
  );
  const plans = [
    enginePlan("greedy", { strategy: "GREEDY" }),
    enginePlan("optimal", { strategy: "OPTIMAL" }),
  ];
  const comparison = {
    scenario,
    plans,
    behaviour: { yes: { kind: "INDEPENDENT", probability: 0.4 } },
    rules: { interval: 60, window: 60, wavesMax: 20 },
    seeds: [1, 2, 3, 4],
  } as const;
  const runs = [...runsOf(comparison)];
  expect(runs.map(({ plan, seed }) => [plan, seed])).toEqual(
    [1, 2, 3, 4].flatMap((seed) => [
      [0, seed],
      [1, seed],
    ]),
  );
  const greedy = planOutcome(runs.filter(({ plan }) => plan === 0).map(({ outcome }) => outcome));
  expect(greedy.hashes).toHaveLength(4);
  expect(greedy.value.low).toBeLessThan(greedy.value.mean);
  expect(greedy.value.high).toBeGreaterThan(greedy.value.mean);
  const { value: first } = runsOf(comparison).next();
  expect(first).toEqual(runs[0]);
});

test("a run in which nothing was taken is no run that filled at once, and one without offers no run of refusals", () => {
  const scenario = compileScenario({
    demands: [{ id: "a", units: 1, arrives: 0 }],
    supplies: [{ id: "x", units: 1, arrives: 0 }],
    pairs: [{ demand: "a", supply: "x", demandScore: 900_000, supplyScore: 900_000 }],
  });
  const outcomes = (probability: number, seeds: number[], wavesMax = 1) => {
    const behaviour = { yes: { kind: "INDEPENDENT", probability } } as const;
    const plans = [enginePlan("greedy", { strategy: "GREEDY" })];
    const rules = { interval: 60, window: 60, wavesMax };
    return [...runsOf({ scenario, plans, behaviour, rules, seeds })].map(({ outcome }) => outcome);
  };
  const runs = outcomes(0.5, [1, 2, 3, 4, 5, 6, 7, 8]);
  const filled = runs.filter(({ taken }) => taken > 0);
  expect(filled.length).toBeGreaterThan(1);
  expect(filled.length).toBeLessThan(runs.length);
  const { fill, meanQuality, timeToFill } = planOutcome(runs);
  expect(fill.mean).toBe(filled.length / runs.length);
  expect(meanQuality.mean).toBe(900_000);
  expect(timeToFill).toEqual(estimateOf(filled.map((run) => run.timeToFill)));
  const none = planOutcome(outcomes(0, [1, 2]));
  expect([none.meanQuality.mean, none.timeToFill.high, none.acceptance.mean]).toEqual([0, 0, 0]);
});

test("bounds are those of Student's t", () => {
  // By the table: mean 3, standard error sqrt(2.5 / 5), t(4) = 2.776.
  const { mean, low, high } = estimateOf([1, 2, 3, 4, 5]);
  expect(mean).toBe(3);
  expect(high - mean).toBeCloseTo(2.776 * Math.sqrt(0.5), 10);
  expect(mean - low).toBeCloseTo(high - mean, 10);
  expect(estimateOf([7])).toEqual({ mean: 7, low: 7, high: 7 });
  for (const [degrees, t] of [
    [40, 2.021],
    [60, 2.0],
    [99, 1.984],
  ] as const) {
    expect(Math.abs(studentT(degrees) - t)).toBeLessThan(0.002);
  }
});

test("events come by time, kind and subject, however they were put in", () => {
  const events = [
    { time: 2, kind: "ARRIVE", subject: 0 },
    { time: 1, kind: "ROUND", subject: 0 },
    { time: 1, kind: "ANSWER", subject: 1 },
    { time: 1, kind: "ANSWER", subject: 0 },
    { time: 1, kind: "ARRIVE", subject: 4 },
  ] as const;
  const sorted = [events[3], events[2], events[4], events[1], events[0]];
  for (const given of [events, events.toReversed()]) {
    const queue = new EventQueue();
    for (const event of given) queue.push(event);
    const popped = Array.from({ length: events.length }, () => queue.pop());
    expect(popped).toEqual(sorted);
    expect(queue.pop()).toBeUndefined();
  }
});

test("how likely one says yes", () => {
  const asked = { demandId: "d", supplyId: "s", standing: 1, time: 50, recentOffers: 2 };
  expect(probabilityOf({ kind: "INDEPENDENT", probability: 0.3 }, asked)).toBe(0.3);
  expect(probabilityOf({ kind: "BY_SCORE", probability: 0.5, slope: 0.4 }, asked)).toBeCloseTo(0.7);
  expect(probabilityOf({ kind: "BY_SCORE", probability: 0.9, slope: 0.4 }, asked)).toBe(1);
  const congested = { kind: "CONGESTED", probability: 0.5, fallPerOffer: 0.2, memory: 9 } as const;
  expect(probabilityOf(congested, asked)).toBeCloseTo(0.1);
  expect(probabilityOf(congested, { ...asked, recentOffers: 5 })).toBe(0);
  const drifting = { kind: "DRIFTING", probability: 0.2, lastProbability: 0.6, over: 100 } as const;
  expect(probabilityOf(drifting, asked)).toBeCloseTo(0.4);
  expect(probabilityOf(drifting, { ...asked, time: 500 })).toBeCloseTo(0.6);
});

test("an answer belongs to the pair, and is as frequent as it is likely", () => {
  const yes = { kind: "INDEPENDENT", probability: 0.4 } as const;
  const asked = { supplyId: "s", standing: 0, time: 0, recentOffers: 0 };
  const answers = Array.from({ length: 2_000 }, (_, at) =>
    answerTo({ yes }, 1, { ...asked, demandId: `d${at}` }),
  );
  const share = answers.filter((answer) => answer === "YES").length / answers.length;
  expect(Math.abs(share - 0.4)).toBeLessThan(0.04);
  const later = { ...asked, demandId: "d0", time: 99, standing: 1, recentOffers: 7 };
  expect(answerTo({ yes }, 1, later)).toBe(answers[0]);
  const silent = Array.from({ length: 2_000 }, (_, at) =>
    answerTo({ yes, silence: 0.25 }, 1, { ...asked, demandId: `d${at}` }),
  ).filter((answer) => answer === "SILENCE").length;
  expect(Math.abs(silent / 2_000 - 0.25)).toBeLessThan(0.04);
});
