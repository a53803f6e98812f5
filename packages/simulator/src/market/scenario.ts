import { buildGraph, type Graph, type UnitMode } from "@marketmesh/allocation-engine";

/** Somebody who takes part, from `arrives` until `leaves`, in seconds of market time from the start of the scenario. */
export interface Participant {
  readonly id: string;
  /** Units wanted or there are, 0 or more; `UNLIMITED` where use takes nothing away. */
  readonly units: number;
  /** Default 0. */
  readonly arrives?: number;
  /** Absent: never. */
  readonly leaves?: number;
}

/** An eligible pair; scores in millionths. */
export interface ScenarioPair {
  readonly demand: string;
  readonly supply: string;
  readonly demandScore: number;
  /** Absent: the supply likes the demand as it is liked. */
  readonly supplyScore?: number;
}

/** A market as it will come: who arrives when, and who suits whom. */
export interface Scenario {
  readonly unitMode?: UnitMode;
  readonly demands: readonly Participant[];
  readonly supplies: readonly Participant[];
  readonly pairs: readonly ScenarioPair[];
}

/** A scenario by positions: those of the graph. */
export interface CompiledScenario {
  readonly graph: Graph;
  readonly demandArrives: Float64Array;
  readonly demandLeaves: Float64Array;
  readonly supplyArrives: Float64Array;
  readonly supplyLeaves: Float64Array;
}

/** A scenario that cannot be played. The message names what and what is allowed. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

/**
 * @throws ScenarioError a pair names nobody, a time is negative or no number, somebody leaves before arriving
 * @throws EngineError as `buildGraph` does
 */
export function compileScenario(scenario: Scenario): CompiledScenario {
  const demandAt = positions("demand", scenario.demands);
  const supplyAt = positions("supply", scenario.supplies);
  const graph = buildGraph({
    ...(scenario.unitMode && { unitMode: scenario.unitMode }),
    demandIds: scenario.demands.map(({ id }) => id),
    demandCapacity: scenario.demands.map(({ units }) => units),
    supplyIds: scenario.supplies.map(({ id }) => id),
    supplyCapacity: scenario.supplies.map(({ units }) => units),
    edgeDemands: scenario.pairs.map(({ demand }) => known("demand", demandAt, demand)),
    edgeSupplies: scenario.pairs.map(({ supply }) => known("supply", supplyAt, supply)),
    demandScores: scenario.pairs.map(({ demandScore }) => demandScore),
    supplyScores: scenario.pairs.map(({ demandScore, supplyScore }) => supplyScore ?? demandScore),
  });
  const demands = graph.demandIds.map((id) => scenario.demands[demandAt.get(id)!]!);
  const supplies = graph.supplyIds.map((id) => scenario.supplies[supplyAt.get(id)!]!);
  return {
    graph,
    demandArrives: Float64Array.from(demands, ({ arrives = 0 }) => arrives),
    demandLeaves: Float64Array.from(demands, ({ leaves = Number.POSITIVE_INFINITY }) => leaves),
    supplyArrives: Float64Array.from(supplies, ({ arrives = 0 }) => arrives),
    supplyLeaves: Float64Array.from(supplies, ({ leaves = Number.POSITIVE_INFINITY }) => leaves),
  };
}

function positions(side: string, participants: readonly Participant[]): Map<string, number> {
  for (const { id, arrives = 0, leaves = Number.POSITIVE_INFINITY } of participants) {
    if (!(arrives >= 0) || !Number.isFinite(arrives)) {
      throw new ScenarioError(`${side} ${id} arrives at ${arrives}: give seconds from the start, 0 or more`);
    }
    if (!(leaves > arrives))
      throw new ScenarioError(`${side} ${id} leaves at ${leaves}, not after it arrives`);
  }
  return new Map(participants.map(({ id }, at) => [id, at]));
}

function known(side: string, at: ReadonlyMap<string, number>, id: string): number {
  const position = at.get(id);
  if (position === undefined) throw new ScenarioError(`a pair names ${side} ${id}, which is not listed`);
  return position;
}
