import { expect, test } from "vitest";
import { type KeptSolution, SolutionStore } from "./solution-store.ts";
import { solveSent } from "./solve-job.ts";

function kept(market: string): KeptSolution {
  const side = { capacities: Int32Array.of(1), outside: undefined, waiting: undefined, groups: [] };
  const graph = {
    demands: side,
    supplies: side,
    edgeDemands: Uint32Array.of(0),
    edgeSupplies: Uint32Array.of(0),
    demandScores: Int32Array.of(1),
    supplyScores: Int32Array.of(1),
    acceptances: undefined,
  };
  const plan = { strategy: "GREEDY", unitMode: "SPREAD", groupings: [] } as const;
  const solved = solveSent({ kind: "SOLVE", graph, plan });
  if (solved.kind !== "SOLVED") throw new Error(solved.message);
  return { market, graph, plan, solution: solved.solution };
}

test("keeps a solution for its market until its time is over", () => {
  let nowMs = 1_000;
  const store = new SolutionStore({ bytesMax: 1_000_000, solutionsMax: 10, keepMs: 60_000 }, () => nowMs);
  expect(store.keep("h", kept("a"))).toBe(61_000);
  expect(store.find("a", "h")?.market).toBe("a");
  expect(store.find("b", "h")).toBeUndefined();
  nowMs = 60_999;
  expect(store.find("a", "h")).toBeDefined();
  nowMs = 61_000;
  expect(store.find("a", "h")).toBeUndefined();
});

test("lets the oldest go when there is no room, by number and by size", () => {
  const few = new SolutionStore({ bytesMax: 1_000_000, solutionsMax: 2, keepMs: 60_000 }, () => 0);
  for (const handle of ["1", "2", "3"]) few.keep(handle, kept("a"));
  expect(["1", "2", "3"].map((handle) => few.find("a", handle) !== undefined)).toEqual([false, true, true]);
  const small = new SolutionStore({ bytesMax: 6_000, solutionsMax: 10, keepMs: 60_000 }, () => 0);
  for (const handle of ["1", "2"]) small.keep(handle, kept("a"));
  expect(["1", "2"].map((handle) => small.find("a", handle) !== undefined)).toEqual([false, true]);
});

test("does not keep what is larger than all the room", () => {
  const store = new SolutionStore({ bytesMax: 100, solutionsMax: 2, keepMs: 60_000 }, () => 0);
  expect(store.keep("h", kept("a"))).toBeUndefined();
  expect(store.find("a", "h")).toBeUndefined();
});
