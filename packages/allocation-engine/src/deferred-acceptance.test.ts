import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blockingPairs } from "./blocking-pairs.ts";
import { deferredAcceptance } from "./deferred-acceptance.ts";
import { buildGraph, type Graph, UNLIMITED } from "./graph.ts";
import { greedy } from "./greedy.ts";
import { allAssignments } from "./testing/all-assignments.ts";
import { graphColumns, named, shuffled } from "./testing/random-graph.ts";
import { verifyAssignment } from "./verify.ts";

const sides = ["DEMAND", "SUPPLY"] as const;

describe.each(sides)("%s proposing", (proposing) => {
  test("keeps capacities and leaves no blocking pair", () => {
    fc.assert(
      fc.property(graphColumns(), (columns) => {
        const graph = buildGraph(columns);
        const assignment = deferredAcceptance(graph, { proposing });
        expect(verifyAssignment(graph, assignment)).toEqual([]);
        expect(blockingPairs(graph, assignment, 10)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("does not depend on the order of its input", () => {
    fc.assert(
      fc.property(graphColumns(), fc.integer(), (columns, seed) => {
        const graph = buildGraph(columns);
        const again = buildGraph(shuffled(columns, seed));
        const first = deferredAcceptance(graph, { proposing });
        const second = deferredAcceptance(again, { proposing });
        expect(named(again, second)).toEqual(named(graph, first));
        expect(second.proposals).toBe(first.proposals);
      }),
    );
  });

  test("gives each proposer the best that any stable assignment gives it", () => {
    fc.assert(
      fc.property(graphColumns({ sideMax: 3, capacityMax: 2, scoreMax: 3 }), (columns) => {
        const graph = buildGraph(columns);
        const assignment = deferredAcceptance(graph, { proposing });
        const found = preferencesOf(graph, proposing, assignment.edges);
        for (const other of allAssignments(graph)) {
          if (blockingPairs(graph, other, 1).length > 0) continue;
          const offered = preferencesOf(graph, proposing, other.edges);
          for (let who = 0; who < found.length; who++) {
            expect(rankedAtLeastAsWell(found[who]!, offered[who]!)).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Per proposer: the ranks of what it got in its own list, best first. */
function preferencesOf(graph: Graph, proposing: (typeof sides)[number], edges: Iterable<number>): number[][] {
  const [ownerOf, scores, owners] =
    proposing === "DEMAND"
      ? [graph.demands, graph.demandScores, graph.demandIds]
      : [graph.supplies, graph.supplyScores, graph.supplyIds];
  const chosen = new Set(edges);
  return owners.map((_, owner) => {
    const list = [...scores.keys()].filter((edge) => ownerOf[edge] === owner);
    list.sort((a, b) => scores[b]! - scores[a]! || a - b);
    return list.flatMap((edge, rank) => (chosen.has(edge) ? [rank] : []));
  });
}

/** Responsive preferences: as many, and the i-th best never worse. Stable sets of one proposer are comparable. */
function rankedAtLeastAsWell(found: readonly number[], offered: readonly number[]): boolean {
  return found.length >= offered.length && offered.every((rank, index) => found[index]! <= rank);
}

// x and y both like a best; a likes y best. Greedy goes by the demands' scores and gives a to x.
const contested = buildGraph({
  demandIds: ["x", "y"],
  demandCapacity: [1, 1],
  supplyIds: ["a", "b"],
  supplyCapacity: [1, 1],
  edgeDemands: [0, 0, 1, 1],
  edgeSupplies: [0, 1, 0, 1],
  demandScores: [900_000, 100_000, 800_000, 200_000],
  supplyScores: [300_000, 500_000, 700_000, 500_000],
});

test("differs from greedy where the two sides disagree, and only it leaves no blocking pair", () => {
  const stable = deferredAcceptance(contested, { proposing: "DEMAND" });
  const quick = greedy(contested);
  expect(named(contested, stable)).toEqual(["x>b:1", "y>a:1"]);
  expect(named(contested, quick)).toEqual(["x>a:1", "y>b:1"]);
  expect(blockingPairs(contested, stable, 10)).toEqual([]);
  expect(blockingPairs(contested, quick, 10)).toEqual([{ edge: 2, demandId: "y", supplyId: "a" }]);
});

test("lets the proposing side choose between stable assignments", () => {
  const graph = buildGraph({
    demandIds: ["x", "y"],
    demandCapacity: [1, 1],
    supplyIds: ["a", "b"],
    supplyCapacity: [1, 1],
    edgeDemands: [0, 0, 1, 1],
    edgeSupplies: [0, 1, 0, 1],
    demandScores: [2, 1, 1, 2],
    supplyScores: [1, 2, 2, 1],
  });
  expect(named(graph, deferredAcceptance(graph, { proposing: "DEMAND" }))).toEqual(["x>a:1", "y>b:1"]);
  expect(named(graph, deferredAcceptance(graph, { proposing: "SUPPLY" }))).toEqual(["x>b:1", "y>a:1"]);
});

test("gives unlimited supply to everyone", () => {
  const graph = buildGraph({
    demandIds: ["x", "y", "z"],
    demandCapacity: [1, 1, 0],
    supplyIds: ["a"],
    supplyCapacity: [UNLIMITED],
    edgeDemands: [0, 1, 2],
    edgeSupplies: [0, 0, 0],
    demandScores: [1, 1, 1],
    supplyScores: [1, 1, 1],
  });
  for (const proposing of sides) {
    expect(named(graph, deferredAcceptance(graph, { proposing }))).toEqual(["x>a:1", "y>a:1"]);
  }
});

test("refuses demands that take several units of one supply", () => {
  const whole = { ...contested, unitMode: "WHOLE" as const };
  expect(deferredAcceptance(whole, { proposing: "DEMAND" }).edges.length).toBe(2);
  const large = { ...whole, demandCapacity: Int32Array.of(1, 3) };
  expect(() => deferredAcceptance(large, { proposing: "DEMAND" })).toThrow(
    expect.objectContaining({
      reason: "WHOLE_UNITS_UNSUPPORTED",
      message: expect.stringContaining("demand y wants 3"),
    }),
  );
});
