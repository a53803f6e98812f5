import fc from "fast-check";
import { expect, test } from "vitest";
import { allocate } from "../allocate.ts";
import { buildGraph, type Graph } from "../graph.ts";
import { graphColumns } from "../testing/random-graph.ts";
import { scarceFirst } from "./scarce-first.ts";
import { draw, seededOrder } from "./seeded-order.ts";
import { waitingOrder } from "./waiting-order.ts";

const everybody = buildGraph({
  demandIds: Array.from({ length: 200 }, (_, demand) => `demand-${demand}`),
  demandCapacity: new Int32Array(200).fill(1),
  supplyIds: ["only"],
  supplyCapacity: [1],
  edgeDemands: Array.from({ length: 200 }, (_, demand) => demand),
  edgeSupplies: new Int32Array(200),
  demandScores: new Int32Array(200).fill(1),
  supplyScores: new Int32Array(200),
});

test("a lottery is drawn anew by another seed, and by nothing else", () => {
  const winner = (seed: number): number =>
    allocate(everybody, { strategy: "LOTTERY", seed }).assignment.edges[0]!;
  const winners = Array.from({ length: 300 }, (_, seed) => winner(seed));
  expect(winners).toEqual(Array.from({ length: 300 }, (_, seed) => winner(seed)));
  // 300 draws of 200 hit about 155 of them; one in twenty would be a broken hash.
  expect(new Set(winners).size).toBeGreaterThan(120);
});

test("a demand's draw is its own: it stays when others go", () => {
  const order = [...seededOrder(everybody, 7)].map((demand) => everybody.demandIds[demand]!);
  const draws = order.map((id) => draw(7, id));
  expect(draws).toEqual(draws.toSorted((a, b) => a - b));
  expect(draw(2 ** 40, "a")).not.toBe(draw(0, "a"));
});

test("no demand gains by saying something else in a lottery", () => {
  fc.assert(
    fc.property(
      graphColumns({ sideMax: 4, capacityMax: 1, scoreMax: 9 }),
      fc.nat(99),
      fc.nat(3),
      fc.array(fc.nat(9), { minLength: 16, maxLength: 16 }),
      (columns, seed, who, lies) => {
        const graph = buildGraph(columns);
        const demand = who % graph.demandIds.length;
        const demandScores = graph.demandScores.map((score, edge) =>
          graph.demands[edge] === demand ? lies[edge % 16]! : score,
        );
        const truly = (told: Graph): number => {
          const { edges } = allocate(told, { strategy: "LOTTERY", seed }).assignment;
          const own = edges.find((edge) => graph.demands[edge] === demand);
          return own === undefined ? -1 : graph.demandScores[own]!;
        };
        expect(truly({ ...graph, demandScores })).toBeLessThanOrEqual(truly(graph));
      },
    ),
    { seed: 8, numRuns: 300 },
  );
});

test("who waited longest comes first, equal waits by id", () => {
  expect([...waitingOrder(everybody, undefined)].slice(0, 3)).toEqual([0, 1, 2]);
  const waiting = Array.from({ length: 200 }, (_, demand): number => (demand === 5 || demand === 3 ? 9 : 1));
  expect([...waitingOrder(everybody, waiting)].slice(0, 4)).toEqual([3, 5, 0, 1]);
  for (const wrong of [Number.NaN, -1]) {
    const waits = waiting.with(7, wrong);
    expect(() => waitingOrder(everybody, waits)).toThrow(expect.objectContaining({ reason: "PLAN_INVALID" }));
  }
  expect(() => waitingOrder(everybody, [1])).toThrow(
    expect.objectContaining({ reason: "COLUMN_LENGTHS_DIFFER" }),
  );
});

test("scarce first serves whoever has the fewest choices left, as stated", () => {
  fc.assert(
    fc.property(graphColumns({ sideMax: 6, scoreMax: 9 }), (columns) => {
      const graph = buildGraph(columns);
      expect([...scarceFirst(graph, graph.demandScores).edges]).toEqual(plainScarceFirst(graph));
    }),
    { seed: 9, numRuns: 200 },
  );
});

/** The rule as it reads: count everybody's live edges again for every single unit. */
function plainScarceFirst(graph: Graph): number[] {
  const chosen: number[] = [];
  const used = (of: Uint32Array, who: number): number => chosen.filter((edge) => of[edge] === who).length;
  const live = (demand: number): number[] => {
    if (used(graph.demands, demand) >= graph.demandCapacity[demand]!) return [];
    return [...graph.supplies.keys()].filter((edge) => {
      const supply = graph.supplies[edge]!;
      const own = graph.demands[edge] === demand && !chosen.includes(edge);
      return own && used(graph.supplies, supply) < graph.supplyCapacity[supply]!;
    });
  };
  for (;;) {
    const choices = [...graph.demandIds.keys()].map(live);
    const fewest = Math.min(
      ...choices.map(({ length }) => (length === 0 ? Number.POSITIVE_INFINITY : length)),
    );
    const next = choices.find(({ length }) => length === fewest);
    if (next === undefined) return chosen.sort((a, b) => a - b);
    chosen.push(next.toSorted((a, b) => graph.demandScores[b]! - graph.demandScores[a]! || a - b)[0]!);
  }
}
