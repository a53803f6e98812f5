import { buildGraph, EngineError } from "@marketmesh/allocation-engine";
import { expect, test } from "vitest";
import { solveGraph } from "./solve-graph.ts";

const running = new AbortController().signal;

/** Everybody likes everybody; as many of each side. */
function square(size: number) {
  const numbers = Array.from({ length: size }, (_, at) => at);
  const scores = numbers.flatMap((demand) => numbers.map((supply) => 1 + ((demand * 7 + supply * 13) % 101)));
  const ids = (letter: string) => numbers.map((at) => `${letter}${String(at).padStart(4, "0")}`);
  return buildGraph({
    demandIds: ids("d"),
    demandCapacity: numbers.map(() => 1),
    supplyIds: ids("s"),
    supplyCapacity: numbers.map(() => 1),
    edgeDemands: numbers.flatMap((demand) => numbers.map(() => demand)),
    edgeSupplies: numbers.flatMap(() => numbers),
    demandScores: scores,
    supplyScores: scores,
  });
}

/** One supply of ten units; the demand that pays best for each of them is not in the best whole. */
const packing = buildGraph({
  unitMode: "WHOLE",
  demandIds: ["a", "b", "c"],
  demandCapacity: [6, 5, 5],
  supplyIds: ["s"],
  supplyCapacity: [10],
  edgeDemands: [0, 1, 2],
  edgeSupplies: [0, 0, 0],
  demandScores: [700, 500, 500],
  supplyScores: [700, 500, 500],
});

test("a large graph is solved elsewhere: meanwhile this thread goes on", async () => {
  let turns = 0;
  const turning = setInterval(() => turns++, 0);
  const graph = square(80);
  const { solution } = await solveGraph({ graph, plan: { strategy: "OPTIMAL" }, known: undefined }, running);
  clearInterval(turning);
  expect(solution.assignment.edges.length).toBe(80);
  expect(solution.certificate).toMatchObject({ gap: 0, exact: true });
  expect(turns).toBeGreaterThan(0);
});

test("what is hard is searched for to its proof, however small", async () => {
  const plan = { strategy: "OPTIMAL" } as const;
  const { solution } = await solveGraph({ graph: packing, plan, known: undefined }, running);
  expect([...solution.assignment.edges]).toEqual([1, 2]);
  expect(solution.facts).toMatchObject({ method: "HiGHS", value: 1_000 });
  expect(solution.certificate).toMatchObject({ primal: 1_000, searchBound: 1_000 });
});

test("EXPECTED comes back with what its plan knows then", async () => {
  const known = { learned: undefined, answers: [] };
  const { learned } = await solveGraph({ graph: square(80), plan: { strategy: "EXPECTED" }, known }, running);
  expect(learned?.demands.length).toBe(80);
});

test("what the engine refuses is its error, from another thread too", async () => {
  const plan = { strategy: "STABLE" } as const;
  for (const graph of [
    packing,
    { ...square(80), unitMode: "WHOLE" as const, demandCapacity: new Int32Array(80).fill(2) },
  ]) {
    const refused = solveGraph({ graph, plan, known: undefined }, running);
    await expect(refused).rejects.toThrow(EngineError);
    await expect(refused).rejects.toMatchObject({ reason: "WHOLE_UNITS_UNSUPPORTED" });
  }
});

test("the signal ends it", async () => {
  const stopping = new AbortController();
  const solving = solveGraph(
    { graph: square(80), plan: { strategy: "OPTIMAL" }, known: undefined },
    stopping.signal,
  );
  stopping.abort(new Error("stopping"));
  await expect(solving).rejects.toThrow("stopping");
});
