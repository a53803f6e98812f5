import { describe, expect, it } from "vitest";
import { buildGraph, type Graph, type GraphColumns } from "../graph.ts";
import { namedEdges, numbers, shuffled } from "../testing/random-graph.ts";
import { expectedWave } from "./expected-wave.ts";
import type { Residual } from "./residual.ts";
import { type ExpectedState, startExpected } from "./state.ts";

const nothing = { edges: [], accepted: [] };

/** A market of twenty jobs with three openings and fifty people of whom each job likes some. */
function market(): GraphColumns {
  const random = numbers(3);
  const cells = Array.from({ length: 20 * 50 }, (_, cell) => cell).filter(() => random() % 5 === 0);
  const scores = cells.map(() => random() % 1_000_000);
  return {
    demandIds: Array.from({ length: 20 }, (_, job) => `job-${job}`),
    demandCapacity: new Int32Array(20).fill(3),
    supplyIds: Array.from({ length: 50 }, (_, person) => `person-${person}`),
    supplyCapacity: new Int32Array(50).fill(1),
    edgeDemands: cells.map((cell) => Math.floor(cell / 50)),
    edgeSupplies: cells.map((cell) => cell % 50),
    demandScores: scores,
    supplyScores: scores,
  };
}

function untouched(graph: Graph, waves: number): Residual {
  const { demandCapacity: demandLeft, supplyCapacity: supplyLeft } = graph;
  return { waves, demandLeft, supplyLeft, asked: new Uint8Array(graph.supplies.length) };
}

function offered(graph: Graph, offers: Uint32Array): string[] {
  const names = namedEdges(graph);
  return Array.from(offers, (edge) => names[edge]!).sort();
}

describe("expectedWave", () => {
  it("gives the same offers for the same input, whatever order it came in, and leaves its input as it was", () => {
    const graph = buildGraph(market());
    const start = startExpected(graph);
    const before = structuredClone(start);
    const { offers, state } = expectedWave(graph, untouched(graph, 50), start, nothing);
    expect(start).toEqual(before);
    expect(offers.length).toBeGreaterThan(0);
    expect(expectedWave(graph, untouched(graph, 50), start, nothing)).toEqual({ offers, state });
    const other = buildGraph(shuffled(market(), 9));
    const again = expectedWave(other, untouched(other, 50), startExpected(other), nothing);
    expect(offered(other, again.offers)).toEqual(offered(graph, offers));
  });

  it("holds back while there is time, and asks about everything in the last wave", () => {
    const graph = buildGraph(market());
    const early = expectedWave(graph, untouched(graph, 200), startExpected(graph), nothing);
    const late = expectedWave(graph, untouched(graph, 1), startExpected(graph), nothing);
    expect(early.offers.length).toBeLessThan(late.offers.length / 4);
    const taken = new Set(Array.from(late.offers, (edge) => graph.supplies[edge]));
    expect(taken.size).toBe(late.offers.length);
    expect(late.offers.length).toBeGreaterThan(35);
  });

  it("leaves the only person a job can have to that job", () => {
    // Three people are nearly as good for the easy job.
    const graph = buildGraph({
      demandIds: ["choosy", "easy"],
      demandCapacity: [1, 1],
      supplyIds: ["everybody's", "spare 1", "spare 2", "spare 3"],
      supplyCapacity: [1, 1, 1, 1],
      edgeDemands: [0, 1, 1, 1, 1],
      edgeSupplies: [0, 0, 1, 2, 3],
      demandScores: [300_000, 400_000, 390_000, 390_000, 390_000],
      supplyScores: [0, 0, 0, 0, 0],
    });
    const { offers } = expectedWave(graph, untouched(graph, 1), startExpected(graph), nothing, {
      worldsFirst: 200,
    });
    expect(offered(graph, offers)).toContain("choosy>everybody's");
    expect(offers.length).toBe(2);
  });

  it("learns from answers, group by group", () => {
    const graph = buildGraph(market());
    const residual = untouched(graph, 1);
    const first = expectedWave(graph, residual, startExpected(graph), nothing);
    const after = (answer: number): ExpectedState => {
      const accepted = new Uint8Array(first.offers.length).fill(answer);
      return expectedWave(graph, residual, first.state, { edges: first.offers, accepted }).state;
    };
    expect(after(1).acceptance.yes[0]).toBeGreaterThan(0);
    expect(after(0).acceptance.yes[0]).toBe(0);
    expect(after(1).acceptance.asked).toEqual(after(0).acceptance.asked);
  });

  it("waits for those who are still expected, and asks when the time runs out", () => {
    const graph = buildGraph(market());
    const half = graph.demandCapacity.map((units, job) => (job < 10 ? units : 0));
    const most = graph.demandCapacity.map((units, job) => (job < 15 ? units : 0));
    const residual = { ...untouched(graph, 60), demandLeft: half };
    let { state } = expectedWave(graph, residual, startExpected(graph), nothing);
    for (let wave = 1; wave < 5; wave++) ({ state } = expectedWave(graph, residual, state, nothing));
    const waiting = expectedWave(graph, { ...residual, demandLeft: most }, state, nothing);
    expect(waiting.offers.length).toBe(0);
    const late = { ...waiting.state, wave: 55 };
    expect(
      expectedWave(graph, { ...residual, demandLeft: most }, late, nothing).offers.length,
    ).toBeGreaterThan(20);
  });

  it("knows nothing of demands that are not open yet", () => {
    const columns = market();
    const known = Array.from(columns.edgeDemands).flatMap((demand, at) => (demand < 12 ? [at] : []));
    const pick = (column: ArrayLike<number>) => known.map((at) => column[at]!);
    const graph = buildGraph(columns);
    const without = buildGraph({
      ...columns,
      edgeDemands: pick(columns.edgeDemands),
      edgeSupplies: pick(columns.edgeSupplies),
      demandScores: pick(columns.demandScores),
      supplyScores: pick(columns.supplyScores),
    });
    const offersIn = (given: Graph) => {
      const openOnly = Int32Array.from(given.demandIds, (id) => (Number(id.slice(4)) < 12 ? 3 : 0));
      const residual = { ...untouched(given, 30), demandLeft: openOnly };
      return offered(given, expectedWave(given, residual, startExpected(given), nothing).offers);
    };
    expect(offersIn(without)).toEqual(offersIn(graph));
  });

  it("asks more than there are openings, or nobody too often, where the options say so", () => {
    const graph = buildGraph(market());
    const residual = { ...untouched(graph, 1), demandLeft: new Int32Array(20).fill(1) };
    const offersWith = (config: object) =>
      expectedWave(graph, residual, startExpected(graph), nothing, config).offers.length;
    expect(offersWith({})).toBeLessThanOrEqual(20);
    expect(offersWith({ offersPerOpening: 2 })).toBeGreaterThan(25);
    const tired = { ...startExpected(graph), asks: new Uint32Array(50).fill(1) };
    const offers = expectedWave(graph, residual, tired, nothing, { asksPerSupplyMax: 1 }).offers;
    expect(offers.length).toBe(0);
  });

  it("learns nothing from answers to demands that it has not seen, and stays a number", () => {
    const graph = buildGraph(market());
    const residual = untouched(graph, 1);
    const others = { edges: [0, 1], accepted: [1, 0] };
    const { state } = expectedWave(graph, residual, startExpected(graph), others);
    expect(state.acceptance).toEqual(
      expectedWave(graph, residual, startExpected(graph), nothing).state.acceptance,
    );
    expect(state.acceptance.bucketExpected.every(Number.isFinite)).toBe(true);
  });

  it("asks in a demand of very many openings whom it regrets least", () => {
    const people = 400;
    const graph = buildGraph({
      demandIds: ["big"],
      demandCapacity: [100],
      supplyIds: Array.from({ length: people }, (_, person) => `person-${1_000 + person}`),
      supplyCapacity: new Int32Array(people).fill(1),
      edgeDemands: new Uint32Array(people),
      edgeSupplies: Array.from({ length: people }, (_, person) => person),
      demandScores: Array.from({ length: people }, (_, person) => 1_000 * person),
      supplyScores: new Int32Array(people),
    });
    const { offers } = expectedWave(graph, untouched(graph, 1), startExpected(graph), nothing);
    expect(offers.length).toBe(100);
    const mean = offers.reduce((sum, person) => sum + person, 0) / offers.length;
    expect(mean).toBeGreaterThan(300);
  });

  it.each([
    ["priceStep", 0],
    ["priceStep", Number.NaN],
    ["worldsPerWave", -1],
    ["worldsFirst", 1.5],
    ["offersPerOpening", 0.5],
    ["fillBonus", Number.POSITIVE_INFINITY],
  ])("refuses a %s of %d", (name, value) => {
    const graph = buildGraph(market());
    const start = startExpected(graph);
    const wave = () => expectedWave(graph, untouched(graph, 1), start, nothing, { [name]: value });
    expect(wave).toThrow(`${name} is ${value}; allowed`);
  });
});
