import type { Client } from "@connectrpc/connect";
import { allocate, graphOfPositions } from "@marketmesh/allocation-engine";
import { infoOf, type SolveGraph, solveGraph } from "@marketmesh/client";
import {
  Plan_Side,
  Plan_Strategy,
  Plan_UnitMode,
  type SolverService,
} from "@marketmesh/contracts/allocation/v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, market, parent, refusalOf, startAllocation } from "./start-allocation.ts";

let app: App;
let solver: Client<typeof SolverService>;
const staff = { principal: `${parent}/serviceAccounts/staff`, market };

beforeAll(async () => {
  app = await startAllocation();
  solver = await app.solverAs(staff);
});
afterAll(() => app?.[Symbol.asyncDispose]());

// Demand 0 likes supply 0 best, and so does demand 1, who is worth more there.
const small: SolveGraph = {
  parent,
  plan: { strategy: Plan_Strategy.OPTIMAL },
  demands: { capacities: Int32Array.of(1, 1) },
  supplies: { capacities: Int32Array.of(1, 1) },
  edgeDemands: Uint32Array.of(1, 0, 0),
  edgeSupplies: Uint32Array.of(0, 1, 0),
  demandScores: Int32Array.of(700_000, 200_000, 600_000),
};

/** Explaining solves again: on a busy machine that may outlast the deadline that a call gets by default. */
const patient = { timeoutMs: 120_000 };

/** Ten thousand pairs, too many to be solved where the call is, that arithmetic makes. */
function large(): SolveGraph {
  const edges = Array.from({ length: 10_000 }, (_, edge) => ({
    demand: Math.floor(edge / 20),
    supply: ((Math.floor(edge / 20) * 7) % 400) + (edge % 20) * 5,
    score: (edge * 7_919) % 1_000_000,
  }));
  return {
    parent,
    plan: { strategy: Plan_Strategy.OPTIMAL, withPrices: true },
    demands: { capacities: new Int32Array(500).fill(1) },
    supplies: { capacities: new Int32Array(500).fill(1) },
    edgeDemands: Uint32Array.from(edges, ({ demand }) => demand),
    edgeSupplies: Uint32Array.from(edges, ({ supply }) => supply),
    demandScores: Int32Array.from(edges, ({ score }) => score),
  };
}

describe("solves what is sent", () => {
  it("with a proof, and says why a pair is in or out", async () => {
    const seen: number[] = [];
    const solved = await solveGraph(solver, small, { onProgress: ({ edgeCount }) => seen.push(edgeCount) });
    expect(Array.from(solved.demands)).toEqual([0, 1]);
    expect(Array.from(solved.supplies)).toEqual([1, 0]);
    expect(Array.from(solved.units)).toEqual([1, 1]);
    expect(seen[0]).toBe(3);
    expect(solved.result).toMatchObject({
      pairCount: 2,
      units: 2n,
      value: 900_000,
      certificate: { primal: 900_000, dual: 900_000, exact: true },
    });
    const { handle } = solved.result;
    const won = await solver.explainSolution({ parent, handle, demand: 1, supply: 0 }, patient);
    expect(won).toMatchObject({ assigned: true, reason: "CHOSEN" });
    const lost = await solver.explainSolution({ parent, handle, demand: 0, supply: 0 }, patient);
    expect(lost).toMatchObject({ assigned: false, reason: "OUTBID", rivals: [1], instead: [1] });
    expect(lost.winningScore).toBeGreaterThan(600_000);
    const never = await solver.explainSolution({ parent, handle, demand: 1, supply: 1 }, patient);
    expect(never.reason).toBe("INELIGIBLE");
  });

  it("as the engine does, in chunks, with prices; and explains it", async () => {
    const graph = large();
    const solved = await solveGraph(solver, graph);
    const own = graphOfPositions({
      demandCapacity: graph.demands.capacities,
      supplyCapacity: graph.supplies.capacities,
      edgeDemands: graph.edgeDemands,
      edgeSupplies: graph.edgeSupplies,
      demandScores: graph.demandScores,
      supplyScores: graph.demandScores,
    });
    const expected = allocate(own.graph, { strategy: "OPTIMAL" });
    expect(solved.result.value).toBe(expected.facts.value);
    expect(Array.from(solved.demands)).toEqual(
      Array.from(expected.assignment.edges, (edge) => own.graph.demands[edge]),
    );
    expect(solved.prices.map(({ side, prices }) => [side, prices.length])).toEqual([
      [Plan_Side.DEMAND, 4_000],
      [Plan_Side.SUPPLY, 4_000],
    ]);
    const [demand, supply] = [solved.demands[0]!, solved.supplies[0]!];
    const asked = { parent, handle: solved.result.handle, demand, supply };
    expect((await solver.explainSolution(asked, patient)).assigned).toBe(true);
  });

  it("by groups, outside options and units of every strategy", async () => {
    const fair = await solveGraph(solver, {
      ...small,
      plan: {
        strategy: Plan_Strategy.FAIR,
        groupings: [{ name: "demand/region", values: ["north", "south"] }],
        limits: [{ grouping: "demand/region", value: "south", unitsMax: 0 }],
      },
      demands: { ...small.demands, groups: { "demand/region": Int32Array.of(0, 1) } },
    });
    expect(Array.from(fair.demands)).toEqual([0]);
    const picky = await solveGraph(solver, {
      ...small,
      plan: { strategy: Plan_Strategy.OPTIMAL, objective: {} },
      demands: { ...small.demands, outsideOptions: Int32Array.of(650_000, 0) },
    });
    expect(Array.from(picky.demands)).toEqual([1]);
    const whole = await solveGraph(solver, {
      ...small,
      plan: { unitMode: Plan_UnitMode.WHOLE },
      demands: { capacities: Int32Array.of(1, 2) },
      supplies: { capacities: Int32Array.of(1, 1) },
    });
    expect(Array.from(whole.demands)).toEqual([0]);
    const stable = await solveGraph(solver, { ...small, plan: {} });
    expect(stable.result.method).toBe("deferred acceptance");
    expect(stable.result.certificate).toBeUndefined();
  });

  it("without any pair", async () => {
    const none = {
      edgeDemands: new Uint32Array(),
      edgeSupplies: new Uint32Array(),
      demandScores: new Int32Array(),
    };
    expect((await solveGraph(solver, { ...small, ...none })).result.pairCount).toBe(0);
  });
});

describe("refuses", () => {
  const cases: [string, Partial<SolveGraph>, string][] = [
    ["a pair beyond the graph", { edgeSupplies: Uint32Array.of(0, 9, 0) }, "EDGE_OUT_OF_RANGE"],
    ["a pair that is sent twice", { edgeSupplies: Uint32Array.of(0, 0, 0) }, "EDGE_REPEATED"],
    ["a negative capacity", { demands: { capacities: Int32Array.of(1, -1) } }, "CAPACITY_INVALID"],
    ["a side without anybody", { supplies: { capacities: new Int32Array() } }, "GRAPH_EMPTY"],
    [
      "a grouping that nobody sent",
      { plan: { limits: [{ grouping: "demand/x", unitsMax: 1 }] } },
      "GROUPING_INVALID",
    ],
    [
      "a grouping without its column",
      { plan: { groupings: [{ name: "demand/x", values: ["a"] }] } },
      "COLUMN_LENGTHS_DIFFER",
    ],
  ];
  it.each(cases)("%s", async (_, change, cause) => {
    const refused = await solveGraph(solver, { ...small, ...change }).then(
      () => undefined,
      (error: unknown) => infoOf(error),
    );
    expect(refused).toMatchObject({ reason: "GRAPH_INVALID", metadata: { cause } });
  });

  it("numbers of another length than their column", async () => {
    const graph = { ...small, demandScores: Int32Array.of(1) };
    expect(await refusalOf(solveGraph(solver, graph))).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  });

  it("a strategy that there is not", async () => {
    const graph = { ...small, plan: { strategy: 99 as Plan_Strategy } };
    expect(await refusalOf(solveGraph(solver, graph))).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  });

  it("a stream that brings nothing, or its plan late", async () => {
    expect(await refusalOf(gather(solver.solve(of([]))))).toMatch(/^INVALID_ARGUMENT/);
    const late = of([
      { parent, part: { case: "demands" as const, value: { capacities: new Uint8Array(4) } } },
    ]);
    expect(await refusalOf(gather(solver.solve(late)))).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  });

  it("to explain what it does not keep, or not for this market", async () => {
    const handle = "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d";
    expect(await refusalOf(solver.explainSolution({ parent, handle, demand: 0, supply: 0 }))).toBe(
      "NOT_FOUND SOLUTION_NOT_KEPT",
    );
    const solved = await solveGraph(solver, small);
    const asked = { parent, handle: solved.result.handle, demand: 7, supply: 0 };
    expect(await refusalOf(solver.explainSolution(asked))).toBe("INVALID_ARGUMENT GRAPH_INVALID");
    const elsewhere = await app.solverAs({
      principal: "markets/other/serviceAccounts/staff",
      market: "other",
    });
    const stranger = { ...asked, parent: "markets/other", demand: 0 };
    expect(await refusalOf(elsewhere.explainSolution(stranger))).toBe("NOT_FOUND SOLUTION_NOT_KEPT");
  });

  it("a third graph while two are on their way, and takes it when one has left", async () => {
    const leaving = new AbortController();
    const held = [0, 1].map(() =>
      gather(solver.solve(unended(leaving.signal), { signal: leaving.signal })).catch(() => "left"),
    );
    await expect
      .poll(() => refusalOf(solveGraph(solver, small)), { timeout: 240_000 })
      .toMatch(/^RESOURCE_EXHAUSTED/);
    leaving.abort();
    expect(await Promise.all(held)).toEqual(["left", "left"]);
    await expect
      .poll(() => refusalOf(solveGraph(solver, small)), { timeout: 240_000 })
      .toBe("was not refused");
  });
});

async function* of<T>(messages: readonly T[]) {
  yield* messages;
}

/** A plan, and then nothing until the signal. */
async function* unended(signal: AbortSignal) {
  yield { parent, part: { case: "plan" as const, value: {} } };
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

async function gather<T>(answers: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const answer of answers) gathered.push(answer);
  return gathered;
}
