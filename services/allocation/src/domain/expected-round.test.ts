import { type AllocationPlan, buildGraph } from "@marketmesh/allocation-engine";
import { draw, pairOracle } from "@marketmesh/simulator";
import { expect, test } from "vitest";
import { playRounds, type RoundsOptions } from "../testing/play-rounds.ts";
import { expectedRound, type LearnedState, type RecordedAnswer } from "./expected-round.ts";

const size = 8;
const ids = (letter: string) => Array.from({ length: size }, (_, n) => `${letter}${n}`);
const pairs = ids("d").flatMap((_, d) => [0, 1, 2].map((k) => [d, (d + k) % size] as const));
const graphOf = (demands: readonly string[]) => {
  const kept = pairs.filter(([d]) => demands.includes(`d${d}`));
  return buildGraph({
    demandIds: demands,
    demandCapacity: demands.map(() => 1),
    supplyIds: ids("s"),
    supplyCapacity: ids("s").map(() => 1),
    edgeDemands: kept.map(([d]) => demands.indexOf(`d${d}`)),
    edgeSupplies: kept.map(([, s]) => s),
    demandScores: kept.map(([d, s]) => 1_000_000 - 10_000 * ((d + s) % 7)),
    supplyScores: kept.map(() => 0),
  });
};
const plan: AllocationPlan = { strategy: "EXPECTED" };
const answer = (demand: string, accepted: boolean): RecordedAnswer => ({
  ...{ offer: `o-${demand}`, round: "r", demand, score: 900_000, accepted },
});

test("each round offers something while somebody can be asked, and remembers demands by their ids", () => {
  const { solution, learned } = expectedRound(graphOf(ids("d")), plan, undefined, []);
  expect(solution.assignment.edges.length).toBeGreaterThan(0);
  expect(solution.facts.strategy).toBe("EXPECTED");
  expect(learned.wave).toBe(1);
  expect(learned.demands.map(([id]) => id)).toEqual(ids("d"));
});

test("the same knowledge gives the same offers, whatever was kept in between", () => {
  const first = expectedRound(graphOf(ids("d")), plan, undefined, []);
  const left = ids("d").slice(2);
  const answers = [answer("d0", true), answer("d1", false)];
  const kept = JSON.parse(JSON.stringify(first.learned)) as LearnedState;
  const again = expectedRound(graphOf(left), plan, kept, answers);
  expect(again).toEqual(expectedRound(graphOf(left), plan, first.learned, answers));
  expect(again.learned.acceptance.asked.reduce((sum, asked) => sum + asked, 0)).toBeCloseTo(2);
});

test("answers about demands that the plan never saw teach nothing", () => {
  const first = expectedRound(graphOf(ids("d")), plan, undefined, []);
  const again = expectedRound(graphOf(ids("d")), plan, first.learned, [answer("stranger", true)]);
  expect(again.learned.acceptance.asked.reduce((sum, asked) => sum + asked, 0)).toBe(0);
});

test("a plan that decided otherwise before knows what it was answered then", () => {
  const history = Array.from({ length: 40 }, (_, n) => answer(`gone${n}`, n % 4 === 0));
  const { learned } = expectedRound(graphOf(ids("d")), plan, undefined, history);
  const { yes, asked } = learned.acceptance;
  expect([yes[0], asked[0]]).toEqual([10, 40]);
  // Whoever is there now is another group, which begins from those before it.
  expect(new Set(learned.demands.map(([, group]) => group))).toEqual(new Set([1]));
  expect(expectedRound(graphOf(ids("d")), plan, undefined, []).learned.acceptance.asked).toEqual([0]);
});

test("exclusions and pins hold", () => {
  const graph = graphOf(ids("d"));
  const exclusions = [0, 1].map((k) => ({ demand: 0, supply: k }));
  const { solution } = expectedRound(
    graph,
    { ...plan, limits: { exclusions, pins: [{ demand: 3, supply: 5 }] } },
    undefined,
    [],
  );
  const chosen = [...solution.assignment.edges].map(
    (edge) => `${graph.demands[edge]}-${graph.supplies[edge]}`,
  );
  expect(chosen).toContain("3-5");
  expect(chosen).not.toContain("0-0");
  expect(chosen).not.toContain("0-1");
});

test("a state from before prices were carried is gone on from", () => {
  const { learned } = expectedRound(graphOf(ids("d")), plan, undefined, []);
  const { carried: _, ...old } = learned;
  const again = expectedRound(graphOf(ids("d").slice(2)), plan, old, [answer("d0", true)]);
  expect(again.solution.assignment.edges.length).toBeGreaterThan(0);
  expect(again.learned.wave).toBe(2);
  expect(again.learned.carried!.demands.length).toBeGreaterThan(0);
});

test("a planned number of rounds is counted from the first that is decided by it", () => {
  const graph = graphOf(ids("d"));
  const next = (before: LearnedState | undefined, rounds: number) =>
    expectedRound(graph, plan, before, [], rounds).learned;
  const third = next(next(next(undefined, 0), 50), 50);
  expect(third.planned).toEqual({ rounds: 50, from: 1 });
  expect(next(third, 60).planned).toEqual({ rounds: 60, from: 3 });
  expect(next(third, 0).planned).toBeUndefined();
});

/** Jobs with openings, and people of whom some are liked by many. */
function market(jobs: number, people: number) {
  const cells = Array.from({ length: jobs * people }, (_, cell) => cell).filter(
    (cell) => draw(6, "pair", cell) < 0.06 * (0.2 + 1.6 * draw(6, "liked", cell % people)),
  );
  const scores = cells.map((cell) => 1 + Math.floor(999_999 * draw(6, "score", cell)));
  return buildGraph({
    demandIds: Array.from({ length: jobs }, (_, job) => `job-${job}`),
    demandCapacity: Array.from({ length: jobs }, (_, job) => 1 + Math.floor(3 * draw(6, "openings", job))),
    supplyIds: Array.from({ length: people }, (_, person) => `person-${person}`),
    supplyCapacity: new Int32Array(people).fill(1),
    edgeDemands: cells.map((cell) => Math.floor(cell / people)),
    edgeSupplies: cells.map((cell) => cell % people),
    demandScores: scores,
    supplyScores: scores,
  });
}

test("rounds that hold back fill more, at more value; prices that are carried fill yet more", () => {
  const graph = market(60, 130);
  const total = (options: Omit<RoundsOptions, "topK">) => {
    const runs = [1, 2, 3, 4, 5, 6].map((seed) =>
      playRounds(graph, pairOracle(graph, seed, 0.4), { topK: 50, ...options }),
    );
    const sum = (of: "accepted" | "value") => runs.reduce((all, run) => all + run[of], 0);
    return { accepted: sum("accepted"), value: sum("value") };
  };
  const forgetting = ({ carried: _, ...learned }: LearnedState): LearnedState => learned;
  const atOnce = total({ plannedRounds: 0 });
  const fresh = total({ plannedRounds: 120, keep: forgetting });
  const carried = total({ plannedRounds: 120 });
  expect(carried.accepted).toBeGreaterThan(atOnce.accepted);
  expect(carried.value).toBeGreaterThan(atOnce.value);
  expect(carried.accepted).toBeGreaterThan(fresh.accepted);
  expect(carried.value + carried.accepted / 2).toBeGreaterThan(fresh.value + fresh.accepted / 2);
});
