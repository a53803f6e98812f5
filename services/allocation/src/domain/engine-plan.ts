import { createHash } from "node:crypto";
import type { AllocationPlan, Graph, Grouping, Pair } from "@marketmesh/allocation-engine";
import { supplyOfNode } from "./packed-graph.ts";
import { engineStrategyOf, type RoundPolicy } from "./plan.ts";
import type { PlanPair } from "./plan-policy.ts";
import type { SnapshotLevel } from "./round-snapshot.ts";

/** What the engine is asked: the plan with names turned into positions of this graph. */
export function enginePlanOf(
  plan: RoundPolicy,
  graph: Graph,
  demands: readonly SnapshotLevel[],
  supplies: readonly SnapshotLevel[],
  seed: number,
): AllocationPlan {
  const sides = new Sides(graph, demands, supplies);
  const { objective, limits, shares } = plan;
  return {
    strategy: engineStrategyOf(plan.strategy),
    proposing: plan.proposing,
    seed,
    ...(objective && { objective }),
    ...(limits && { limits: limitsOf(sides, limits) }),
    ...(shares && { shares }),
    ...(needsWaiting(plan) && { waiting: sides.waiting() }),
    groups: groupingNames(plan).map((name) => sides.grouping(name, valuesNamed(plan, name))),
  };
}

/** Drawn anew for each round: equal seed and equal id, equal draw. A safe integer. */
export function roundSeed(planSeed: number, round: string): number {
  return createHash("sha1").update(`${planSeed}\n${round}`).digest().readUIntBE(0, 6);
}

/** Whether a round has to know how long demands have waited. */
export function needsWaiting({ strategy, objective }: RoundPolicy): boolean {
  return strategy === "PER_DEMAND_GREEDY" || (objective?.waitingBonusPerHour ?? 0) > 0;
}

/** Whether a round has to know whose listings they are. */
export function needsOwners(plan: RoundPolicy): boolean {
  return groupingNames(plan).some((name) => name.endsWith("/owner"));
}

function groupsNamed({ objective, limits, shares }: RoundPolicy) {
  return [...(objective?.groupBonuses ?? []), ...(limits?.groups ?? []), ...(shares ?? [])];
}

function groupingNames(plan: RoundPolicy): string[] {
  return [...new Set(groupsNamed(plan).map(({ grouping }) => grouping))].sort();
}

function valuesNamed(plan: RoundPolicy, name: string): string[] {
  const values = groupsNamed(plan).filter(({ grouping }) => grouping === name);
  return values.flatMap(({ value }) => value ?? []);
}

function limitsOf(sides: Sides, { groups, exclusions, pins }: NonNullable<RoundPolicy["limits"]>) {
  return {
    units: groups,
    exclusions: exclusions.flatMap((pair) => sides.pairs(pair)),
    pins: pins.flatMap((pair) => sides.pairs(pair)),
  };
}

/** The listings behind the positions of a graph. */
class Sides {
  readonly #graph: Graph;
  readonly #demands: ReadonlyMap<string, SnapshotLevel>;
  readonly #supplies: ReadonlyMap<string, SnapshotLevel>;

  constructor(graph: Graph, demands: readonly SnapshotLevel[], supplies: readonly SnapshotLevel[]) {
    this.#graph = graph;
    this.#demands = new Map(demands.map((demand) => [demand.id, demand]));
    this.#supplies = new Map(supplies.map((supply) => [supply.id, supply]));
  }

  waiting(): Float64Array {
    return Float64Array.from(this.#graph.demandIds, (id) => this.#demands.get(id)?.waited ?? 0);
  }

  /** Values ascending; those that are named but that nobody has are groups without members. */
  grouping(name: string, named: readonly string[]): Grouping {
    const side = name.startsWith("supply/") ? "SUPPLY" : "DEMAND";
    const key = name.slice(name.indexOf("/") + 1);
    const ids = side === "SUPPLY" ? this.#graph.supplyIds.map(supplyOfNode) : this.#graph.demandIds;
    const levels = side === "SUPPLY" ? this.#supplies : this.#demands;
    const groupOf = (level: SnapshotLevel | undefined) =>
      (key === "owner" ? level?.owner : level?.groups?.[key]) ?? "";
    const own = ids.map((id) => groupOf(levels.get(id)));
    const values = [...new Set([...own, ...named])].filter((value) => value !== "").sort();
    const indexOf = new Map(values.map((value, at) => [value, at]));
    return { name, side, values, of: Int32Array.from(own, (value) => indexOf.get(value) ?? -1) };
  }

  /** The edges of a pair: one per node of the supply; none when it is not eligible. */
  pairs({ demand: id, supply }: PlanPair): Pair[] {
    const demand = this.#graph.demandIds.indexOf(id);
    if (demand < 0) return [];
    const found: Pair[] = [];
    for (let edge = this.#graph.offsets[demand]!; edge < this.#graph.offsets[demand + 1]!; edge += 1) {
      const node = this.#graph.supplies[edge]!;
      if (supplyOfNode(this.#graph.supplyIds[node]!) === supply) found.push({ demand, supply: node });
    }
    return found;
  }
}
