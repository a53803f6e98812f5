import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { allocate } from "../allocate.ts";
import type { Assignment } from "../assignment.ts";
import { buildGraph, type Graph } from "../graph.ts";
import type { AllocationPlan, RefusedPin, Solution } from "../plan.ts";
import { allAssignments } from "../testing/all-assignments.ts";
import { graphColumns, numbers } from "../testing/random-graph.ts";
import { planFor } from "../testing/random-plan.ts";
import { loadPackingSolver } from "./highs.ts";
import type { PackingSolver } from "./packing.ts";
import { verifyLimits } from "./verify-limits.ts";
import { verifySolution } from "./verify-solution.ts";

const small = { sideMax: 3, scoreMax: 9 };
let search: PackingSolver;
beforeAll(async () => {
  search = await loadPackingSolver();
});

/** A graph, a plan, and every assignment that keeps the plan's limits. */
function markets(strategy: AllocationPlan["strategy"], nested: boolean) {
  return graphColumns(small)
    .map(buildGraph)
    .chain((graph) => fc.tuple(fc.constant(graph), planFor(graph, strategy, nested)));
}

function feasible(graph: Graph, plan: AllocationPlan, { facts }: Solution): Assignment[] {
  return allAssignments(graph).filter(
    (assignment) => verifyLimits(graph, plan, assignment, facts.refusedPins).length === 0,
  );
}

function worth({ weights }: Solution, { edges }: Assignment): number {
  return edges.reduce((sum, edge) => sum + weights![edge]!, 0);
}

test("under nested limits OPTIMAL is the best there is, and proves it", () => {
  fc.assert(
    fc.property(markets("OPTIMAL", true), ([graph, plan]) => {
      const solution = allocate(graph, plan);
      const best = Math.max(...feasible(graph, plan, solution).map((other) => worth(solution, other)));
      expect(worth(solution, solution.assignment)).toBe(best);
      expect(solution.certificate).toMatchObject({ primal: best, dual: best, gap: 0, exact: true });
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("under overlapping limits the search finds the best, and repair says how far off it may be", () => {
  fc.assert(
    fc.property(markets("OPTIMAL", false), ([graph, plan]) => {
      const repaired = allocate(graph, plan);
      const searched = allocate(graph, plan, { search });
      const best = Math.max(...feasible(graph, plan, repaired).map((other) => worth(repaired, other)));
      expect(worth(searched, searched.assignment)).toBe(best);
      expect(searched.certificate!.searchBound ?? best).toBe(best);
      expect(repaired.certificate!.dual).toBeGreaterThanOrEqual(best);
      expect(repaired.certificate!.primal).toBeLessThanOrEqual(best);
    }),
    { seed: 2, numRuns: 60 },
  );
});

test("FAIR grants as many units as can be granted, then the best with them", () => {
  fc.assert(
    fc.property(markets("FAIR", true), ([graph, plan]) => {
      const solution = allocate(graph, plan);
      const options = feasible(graph, plan, solution).filter(({ edges }) =>
        // What is not wanted may only be there because it is pinned.
        edges.every((edge) => solution.weights![edge]! > 0 || solution.assignment.edges.includes(edge)),
      );
      const granted = (assignment: Assignment): number => grantedBy(graph, plan, assignment);
      const most = Math.max(...options.map(granted));
      expect(granted(solution.assignment)).toBe(most);
      const best = Math.max(
        ...options.filter((other) => granted(other) === most).map((other) => worth(solution, other)),
      );
      expect(worth(solution, solution.assignment)).toBe(best);
    }),
    { seed: 3, numRuns: 100 },
  );
});

function grantedBy(graph: Graph, { groups, shares }: AllocationPlan, { edges }: Assignment): number {
  return shares!.reduce((sum, { grouping, value, unitsMin = 0 }) => {
    const { of, values } = groups!.find(({ name }) => name === grouping)!;
    const own = edges.filter((edge) => of[graph.supplies[edge]!] === values.indexOf(value)).length;
    return sum + Math.min(own, unitsMin);
  }, 0);
}

test("STABLE under nested limits leaves no pair that both sides would choose", () => {
  fc.assert(
    fc.property(markets("STABLE", true), ([graph, stated]) => {
      const { outside: _, ...plan } = stated;
      const free = { ...plan, limits: { units: plan.limits!.units! } };
      const { assignment } = allocate(graph, free);
      for (const edge of graph.supplies.keys()) {
        if (assignment.edges.includes(edge)) continue;
        const offered = [...assignment.edges, edge];
        const both = (["DEMAND", "SUPPLY"] as const).every((side) =>
          choice(graph, free, side, offered).includes(edge),
        );
        expect(both).toBe(false);
      }
    }),
    { seed: 4, numRuns: 100 },
  );
});

/** What one side chooses of offered edges, by its own score, as far as its capacities and limits go. */
function choice(
  graph: Graph,
  { limits, groups }: AllocationPlan,
  side: "DEMAND" | "SUPPLY",
  offered: number[],
): number[] {
  const scores = side === "DEMAND" ? graph.demandScores : graph.supplyScores;
  const of = side === "DEMAND" ? graph.demands : graph.supplies;
  const capacity = side === "DEMAND" ? graph.demandCapacity : graph.supplyCapacity;
  const kept: number[] = [];
  for (const edge of offered.toSorted((a, b) => scores[b]! - scores[a]! || a - b)) {
    const own = kept.filter((other) => of[other] === of[edge]).length;
    const full = limits!.units!.some(({ grouping, value, unitsMax }) => {
      const named = groups!.find(({ name }) => name === grouping)!;
      const group = named.of[of[edge]!]!;
      if (named.side !== side || group < 0) return false;
      if (value !== undefined && named.values[group] !== value) return false;
      return kept.filter((other) => named.of[of[other]!] === group).length >= unitsMax;
    });
    if (own < capacity[of[edge]!]! && !full) kept.push(edge);
  }
  return kept;
}

test("without a search overlapping limits lose next to nothing, and that is proven", () => {
  const [side, row] = [300, 10];
  const random = numbers(8);
  const cells = Array.from({ length: side * row }, (_, at) => at);
  const scores = cells.map(() => 1 + (random() % 1_000_000));
  const graph = buildGraph({
    demandIds: Array.from({ length: side }, (_, at) => `d${at}`),
    demandCapacity: new Int32Array(side).fill(1),
    supplyIds: Array.from({ length: side }, (_, at) => `s${at}`),
    supplyCapacity: new Int32Array(side).fill(1),
    edgeDemands: cells.map((at) => Math.floor(at / row)),
    edgeSupplies: cells.map((at) => (Math.floor(at / row) * 7 + (at % row) * 31) % side),
    demandScores: scores,
    supplyScores: scores,
  });
  const every = (groups: number) => Array.from({ length: side }, (_, at) => at % groups);
  const plan: AllocationPlan = {
    strategy: "OPTIMAL",
    groups: [
      { name: "town", side: "DEMAND", values: ["a", "b"], of: every(2) },
      { name: "trade", side: "DEMAND", values: ["a", "b", "c"], of: every(3) },
    ],
    limits: {
      units: [
        { grouping: "town", value: "a", unitsMax: 75 },
        { grouping: "trade", value: "a", unitsMax: 40 },
      ],
    },
  };
  const solution = allocate(graph, plan);
  expect(solution.facts.method).toBe("Lagrangian repair");
  expect(verifySolution(graph, plan, solution)).toEqual([]);
  expect(solution.certificate!.gap).toBeLessThan(0.005);
});

describe("the verifier", () => {
  const graph = buildGraph({
    demandIds: ["a", "b"],
    demandCapacity: [1, 1],
    supplyIds: ["x", "y"],
    supplyCapacity: [1, 1],
    edgeDemands: [0, 0, 1],
    edgeSupplies: [0, 1, 0],
    demandScores: [900, 800, 700],
    supplyScores: [0, 0, 0],
  });
  const plan: AllocationPlan = {
    strategy: "OPTIMAL",
    groups: [{ name: "town", side: "SUPPLY", values: ["north"], of: [0, 0] }],
    limits: { units: [{ grouping: "town", value: "north", unitsMax: 1 }] },
  };
  const solution = allocate(graph, plan);
  const reasons = (changed: Partial<Solution>, asked = plan): string[] =>
    verifySolution(graph, asked, { ...solution, ...changed }).map(({ reason }) => reason);

  test("accepts what holds", () => {
    expect(reasons({})).toEqual([]);
    expect(solution.certificate).toMatchObject({ primal: 900, dual: 900 });
  });

  test("finds a limit that is exceeded, an excluded pair, a pin that is missing", () => {
    const both = { edges: Uint32Array.of(1, 2), units: Int32Array.of(1, 1), proposals: 0 };
    const limits = {
      ...plan.limits,
      exclusions: [{ demand: 1, supply: 0 }],
      pins: [{ demand: 0, supply: 0 }],
    };
    expect(verifyLimits(graph, { ...plan, limits }, both)).toEqual([
      { reason: "LIMIT_EXCEEDED", grouping: "town", value: "north", units: 2, unitsMax: 1 },
      { reason: "EXCLUDED_PAIR", demand: 1, supply: 0 },
      { reason: "PIN_MISSING", demand: 0, supply: 0 },
    ]);
  });

  test("does not believe that a pin had to be refused", () => {
    const pins = [
      { demand: 1, supply: 1 },
      { demand: 1, supply: 0 },
      { demand: 0, supply: 1 },
    ];
    const pinned: AllocationPlan = { ...plan, limits: { ...plan.limits, pins } };
    const right = allocate(graph, pinned);
    expect(right.facts.refusedPins).toEqual([
      { demand: 1, supply: 0, reason: "LIMIT" },
      { demand: 1, supply: 1, reason: "INELIGIBLE" },
    ]);
    expect(verifySolution(graph, pinned, right)).toEqual([]);
    const without = (reported: Solution["facts"]["refusedPins"]) =>
      verifyLimits(graph, pinned, solution.assignment, reported).map(({ reason }) => reason);
    expect(verifyLimits(graph, pinned, solution.assignment)).toEqual([
      { reason: "PIN_MISSING", demand: 0, supply: 1 },
    ]);
    expect(without([...right.facts.refusedPins, { demand: 0, supply: 1, reason: "LIMIT" }])).toEqual([
      "PIN_REFUSAL_WRONG",
    ]);
    const [limit, ineligible] = right.facts.refusedPins as [RefusedPin, RefusedPin];
    expect(without([{ ...limit, reason: "NO_CAPACITY" }, ineligible])).toEqual([
      "PIN_REFUSAL_WRONG",
      "PIN_MISSING",
    ]);
    expect(without([limit])).toEqual(["PIN_REFUSAL_WRONG", "PIN_MISSING"]);
  });

  test("finds a bound that its prices do not show", () => {
    const certificate = solution.certificate!;
    const tampered = (changed: object): string[] => reasons({ certificate: { ...certificate, ...changed } });
    expect(tampered({ limitPrices: [0] })).toContain("DUAL_TOO_LOW");
    expect(tampered({ supplyPrices: [-900, 0] })).toContain("PRICE_INVALID");
    expect(tampered({ demandPrices: [Number.NaN, 0] })).toContain("PRICE_INVALID");
    expect(tampered({ primal: 950 })).toEqual(["PRIMAL_WRONG", "GAP_WRONG"]);
    expect(tampered({ dual: 1000 })).toEqual(["GAP_WRONG"]);
  });

  test("takes limits from the plan, not from what the solution says they are", () => {
    const poor = { edges: Uint32Array.of(2), units: Int32Array.of(1), proposals: 0 };
    const proof = { primal: 700, dual: 700, gap: 0, exact: true, demandPrices: [0, 0], supplyPrices: [0, 0] };
    const limits = [{ grouping: "town", value: "north", units: 1, unitsMax: 0 }];
    const invented = {
      assignment: poor,
      certificate: { ...proof, limitPrices: [700] },
      facts: { ...solution.facts, limits },
    };
    expect(reasons(invented)).toContain("DUAL_TOO_LOW");
    expect(reasons(invented, { ...plan, limits: {} })).toContain("DUAL_TOO_LOW");
  });

  test("refuses units that no share promises, or that nobody was given", () => {
    const poor = { edges: Uint32Array.of(2), units: Int32Array.of(1), proposals: 0 };
    const prices = { demandPrices: [0, 0], supplyPrices: [0, 0] };
    const proof = { primal: 700, dual: 700, gap: 0, exact: true, ...prices };
    const with1 = { assignment: poor, certificate: { ...proof, limitPrices: [-1e6], granted: [1000] } };
    expect(reasons(with1)).toContain("GRANT_INVALID");
    const shares = [{ grouping: "town", value: "north", unitsMin: 2000 }];
    expect(reasons(with1, { ...plan, limits: {}, strategy: "FAIR", shares })).toContain("GRANT_INVALID");
  });
});
