import { buildGraph, type Graph, startExpected } from "@marketmesh/allocation-engine";
import { expect, test } from "vitest";
import { type CarriedRegret, carriedAfter, regretIn } from "./carried-regret.ts";

/** Pairs by name, `job-person`. */
function graphOf(...pairs: readonly `${string}-${string}`[]): Graph {
  const cells = pairs.map((pair) => pair.split("-") as [string, string]);
  const demandIds = [...new Set(cells.map(([demand]) => demand))];
  const supplyIds = [...new Set(cells.map(([, supply]) => supply))];
  return buildGraph({
    ...{ demandIds, supplyIds },
    demandCapacity: demandIds.map(() => 1),
    supplyCapacity: supplyIds.map(() => 1),
    edgeDemands: cells.map(([demand]) => demandIds.indexOf(demand)),
    edgeSupplies: cells.map(([, supply]) => supplyIds.indexOf(supply)),
    demandScores: cells.map(() => 500_000),
    supplyScores: cells.map(() => 500_000),
  });
}

const edgeOf = (graph: Graph, pair: string) =>
  [...graph.supplies.keys()].find(
    (edge) => `${graph.demandIds[graph.demands[edge]!]}-${graph.supplyIds[graph.supplies[edge]!]}` === pair,
  )!;

/** A round in which the pairs were judged as given, and some offered. */
function round(
  graph: Graph,
  wave: number,
  regrets: Readonly<Record<string, number>>,
  { offered = [], before }: { offered?: readonly string[]; before?: CarriedRegret } = {},
): CarriedRegret {
  const regret = new Float32Array(graph.supplies.length).fill(-1);
  for (const [pair, lost] of Object.entries(regrets)) regret[edgeOf(graph, pair)] = lost;
  const worlds = new Uint32Array(graph.demandIds.length).fill(4);
  const offers = Uint32Array.from(offered, (pair) => edgeOf(graph, pair));
  return carriedAfter(graph, { ...startExpected(graph), wave, regret, worlds }, offers, before);
}

const read = (graph: Graph, carried: CarriedRegret | undefined, pair: string) =>
  regretIn(graph, carried).regret[edgeOf(graph, pair)]!;

test("pairs are found again wherever they stand in the next round's graph; new ones are not known", () => {
  const carried = round(graphOf("a-x", "a-y", "b-y"), 1, { "a-x": 0.25, "a-y": 0, "b-y": 1.5 });
  const next = graphOf("0-0", "a-y", "b-0", "b-y");
  const kept = JSON.parse(JSON.stringify(carried)) as CarriedRegret;
  expect(read(next, kept, "b-y")).toBe(1.5);
  expect(read(next, kept, "a-y")).toBe(0);
  expect(read(next, kept, "b-0")).toBe(-1);
  expect([...regretIn(next, kept).worlds]).toEqual([0, 4, 4]);
});

test("what is on offer is not carried; what comes back is known again", () => {
  const all = graphOf("a-x", "a-y", "b-x", "b-y");
  const regrets = { "a-x": 0.1, "a-y": 0.2, "b-x": 0.3, "b-y": 0.4 };
  const first = round(all, 1, regrets, { offered: ["a-x"] });
  expect(read(all, first, "a-x")).toBe(-1);
  // x and a are busy.
  const second = round(graphOf("b-y"), 2, { "b-y": 0.5 }, { before: first });
  expect(read(all, second, "b-x")).toBeCloseTo(0.3);
  expect(read(all, second, "a-y")).toBeCloseTo(0.2);
  expect(read(all, second, "b-y")).toBeCloseTo(0.5);
});

test("who is in no round for long is forgotten", () => {
  const before = round(graphOf("a-x", "b-x", "b-y"), 1, { "a-x": 0.1, "b-x": 0.2, "b-y": 0.3 });
  const later = graphOf("b-y");
  const kept = round(later, 51, { "b-y": 0 }, { before });
  expect(kept.demands.map(({ id }) => id)).toEqual(["a", "b"]);
  const forgotten = round(later, 52, { "b-y": 0 }, { before });
  expect(forgotten.demands.map(({ id }) => id)).toEqual(["b"]);
  expect(forgotten.supplies.map(([id]) => id)).toEqual(["y"]);
});

test("states without prices, and those of another form, begin afresh", () => {
  const graph = graphOf("a-x");
  const carried = round(graph, 1, { "a-x": 0.1 });
  expect(read(graph, undefined, "a-x")).toBe(-1);
  const other = { ...carried, version: 2 } as unknown as CarriedRegret;
  expect(read(graph, other, "a-x")).toBe(-1);
  expect(round(graph, 2, { "a-x": 0.2 }, { before: other }).demands.length).toBe(1);
});

test("no more than half a million pairs are carried, those of the demands seen last", () => {
  const [demands, pairs] = [1_001, 500];
  const ids = (letter: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${letter}${10_000 + at}`);
  const scores = new Int32Array(demands * pairs);
  const graph = buildGraph({
    demandIds: ids("d", demands),
    demandCapacity: new Int32Array(demands).fill(1),
    supplyIds: ids("s", pairs),
    supplyCapacity: new Int32Array(pairs).fill(1),
    edgeDemands: scores.map((_, edge) => Math.floor(edge / pairs)),
    edgeSupplies: scores.map((_, edge) => edge % pairs),
    demandScores: scores,
    supplyScores: scores,
  });
  const state = { ...startExpected(graph), wave: 1, regret: new Float32Array(demands * pairs) };
  state.worlds.fill(1);
  const { demands: rows } = carriedAfter(graph, state, new Uint32Array(0), undefined);
  expect(rows.length).toBe(1_000);
  expect(rows[0]!.id).toBe("d10001");
});
