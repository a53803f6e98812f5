import { buildGraph, type Graph, type Strategy } from "@marketmesh/allocation-engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draw } from "../oracle/draw.ts";
import { pairOracle } from "../oracle/oracle.ts";
import { clairvoyant } from "./clairvoyant.ts";
import { runWaves } from "./run-waves.ts";
import { everyWave, expected } from "./strategies.ts";
import type { WaveStrategy } from "./wave-strategy.ts";

const baselines: readonly Strategy[] = ["GREEDY", "PER_DEMAND_GREEDY", "SCARCE_FIRST", "OPTIMAL", "STABLE"];
const playersOf = (): [string, WaveStrategy][] => [
  ...baselines.map((strategy): [string, WaveStrategy] => [strategy, everyWave({ strategy })]),
  ["LOTTERY", everyWave({ strategy: "LOTTERY", seed: 4 })],
  ["FAIR", everyWave({ strategy: "FAIR" })],
  ["EXPECTED", expected()],
];

/** Jobs with openings, people, and a share of all pairs; what is rare decides. */
function market(seed: number, jobs: number, people: number, density: number): Graph {
  const cells = Array.from({ length: jobs * people }, (_, cell) => cell).filter(
    (cell) => draw(seed, "pair", cell) < density * (0.2 + 1.6 * draw(seed, "liked", cell % people)),
  );
  const scores = cells.map((cell) => 1 + Math.floor(999_999 * draw(seed, "score", cell)));
  return buildGraph({
    demandIds: Array.from({ length: jobs }, (_, job) => `job-${job}`),
    demandCapacity: Array.from({ length: jobs }, (_, job) => 1 + Math.floor(3 * draw(seed, "openings", job))),
    supplyIds: Array.from({ length: people }, (_, person) => `person-${person}`),
    supplyCapacity: new Int32Array(people).fill(1),
    edgeDemands: cells.map((cell) => Math.floor(cell / people)),
    edgeSupplies: cells.map((cell) => cell % people),
    demandScores: scores,
    supplyScores: scores,
  });
}

describe("runWaves", () => {
  it("keeps the rules for every strategy: nobody asked twice, within openings, until all is asked", () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 25 }),
        (seed, jobs, people) => {
          const graph = market(seed, jobs, people, 0.3);
          for (const [name, strategy] of playersOf()) {
            const asked = new Set<number>();
            const left = graph.demandCapacity.slice();
            const free = new Int32Array(people).fill(1);
            const outcome = runWaves(graph, strategy, pairOracle(graph, seed, 0.4), {
              onWave: ({ edges, accepted }) => {
                const supplies = new Set(Array.from(edges, (edge) => graph.supplies[edge]));
                expect(supplies.size, name).toBe(edges.length);
                for (const [at, edge] of edges.entries()) {
                  expect(asked.has(edge), name).toBe(false);
                  asked.add(edge);
                  if (accepted[at] === 0) continue;
                  expect(--left[graph.demands[edge]!]!, name).toBeGreaterThanOrEqual(0);
                  expect(--free[graph.supplies[edge]!]!, name).toBeGreaterThanOrEqual(0);
                }
              },
            });
            expect(outcome.accepted, name).toBe(free.filter((units) => units === 0).length);
            // Whoever was not asked has no opening or is taken.
            for (const [edge, demand] of graph.demands.entries()) {
              const open = left[demand]! > 0 && free[graph.supplies[edge]!]! > 0;
              expect(open && !asked.has(edge), name).toBe(false);
            }
            const [byValue, byFill] = clairvoyant(graph, pairOracle(graph, seed, 0.4), [0, 10]);
            expect(outcome.value, name).toBeLessThanOrEqual(byValue!.value + 1e-9);
            expect(outcome.accepted, name).toBeLessThanOrEqual(byFill!.accepted);
          }
        },
      ),
      { seed: 5, numRuns: 25 },
    );
  });

  it("refuses offers that break the rules", () => {
    const graph = market(1, 3, 6, 1);
    const play = (offers: number[][]) => () =>
      runWaves(graph, { offer: () => Uint32Array.from(offers.shift() ?? []) }, { answer: () => false });
    const first = graph.offsets[0]!;
    const rival = graph.supplies.findIndex(
      (supply, edge) => edge > first && supply === graph.supplies[first],
    );
    expect(play([[graph.supplies.length]])).toThrow("wave 0: there is no edge");
    expect(play([[first], [first]])).toThrow("wave 1: pair job-0, person-0 was asked before");
    expect(play([[first, rival]])).toThrow("the supply is taken or asked");
    const openings = graph.demandCapacity[0]!;
    const tooMany = Array.from({ length: openings + 1 }, (_, at) => first + at);
    expect(play([tooMany])).toThrow("no open opening is left");
  });

  it("gives equal outcomes for equal seeds, and answers that belong to the pair", () => {
    const graph = market(2, 10, 20, 0.4);
    const outcomes = [1, 2].map(() => runWaves(graph, expected(), pairOracle(graph, 7, 0.4)));
    expect(outcomes[0]).toEqual(outcomes[1]);
    const oracle = pairOracle(graph, 7, 0.4);
    for (const [edge, demand] of graph.demands.entries()) {
      const supply = graph.supplies[edge]!;
      const drawn = draw(7, graph.supplyIds[supply]!, graph.demandIds[demand]!);
      expect(oracle.answer(demand, supply, edge)).toBe(drawn < 0.4);
    }
  });

  it("opens demands when they come, and goes on while somebody is to come", () => {
    const graph = market(3, 4, 10, 1);
    const opensAt = [0, 3, 3, 9];
    const seen: number[][] = [];
    const outcome = runWaves(
      graph,
      everyWave({ strategy: "GREEDY" }),
      { answer: () => true },
      {
        opensAt,
        onWave: ({ wave, edges }) =>
          seen.push([wave, ...new Set(Array.from(edges, (edge) => graph.demands[edge]!))]),
      },
    );
    expect(seen.map(([wave]) => wave)).toEqual([0, 3, 9].slice(0, seen.length));
    expect(seen[0]).toEqual([0, 0]);
    expect(outcome.waves).toBe(1 + seen.at(-1)![0]!);
  });

  it("plays on while EXPECTED waits for demands that do not come", () => {
    const graph = market(3, 10, 30, 0.5);
    const opensAt = Array.from(graph.demandIds, (_, demand) => (demand < 5 ? 0 : 4));
    const outcome = runWaves(graph, expected(), pairOracle(graph, 3, 0.5), { opensAt, waves: 60 });
    const greedy = runWaves(graph, everyWave({ strategy: "GREEDY" }), pairOracle(graph, 3, 0.5), { opensAt });
    expect(outcome.waves).toBeGreaterThan(40);
    expect(outcome.accepted).toBeGreaterThanOrEqual(greedy.accepted - 1);
  });

  it("refuses demands that want several units as a whole", () => {
    const graph = { ...market(3, 4, 10, 1), unitMode: "WHOLE" } as const;
    const run = () => runWaves(graph, everyWave({ strategy: "GREEDY" }), { answer: () => true });
    expect(run).toThrow("want all or none");
  });

  it("shows a strategy what is left and what was answered, nothing that answers", () => {
    const graph = market(4, 3, 6, 1);
    const shown: unknown[][] = [];
    const spy: WaveStrategy = {
      offer: (...args) => {
        shown.push(args);
        return new Uint32Array(0);
      },
    };
    runWaves(graph, spy, pairOracle(graph, 1, 0.4));
    expect(shown.length).toBe(1);
    expect(shown[0]!.length).toBe(3);
    expect(shown[0]![0]).toBe(graph);
    expect(Object.keys(shown[0]![1] as object).toSorted()).toEqual([
      "asked",
      "demandLeft",
      "supplyLeft",
      "waves",
    ]);
    expect(Object.keys(shown[0]![2] as object).toSorted()).toEqual(["accepted", "edges"]);
  });

  it("fills more, at more value, by EXPECTED than by greedy, in mean over seeds", () => {
    const graph = market(6, 60, 130, 0.06);
    const totals = { expected: { accepted: 0, value: 0 }, greedy: { accepted: 0, value: 0 } };
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const oracle = pairOracle(graph, seed, 0.4);
      const [ours, theirs] = [expected(), everyWave({ strategy: "GREEDY" })].map((strategy) =>
        runWaves(graph, strategy, oracle),
      );
      totals.expected.accepted += ours!.accepted;
      totals.expected.value += ours!.value;
      totals.greedy.accepted += theirs!.accepted;
      totals.greedy.value += theirs!.value;
    }
    expect(totals.expected.accepted).toBeGreaterThan(totals.greedy.accepted);
    expect(totals.expected.value).toBeGreaterThan(totals.greedy.value);
  });
});
