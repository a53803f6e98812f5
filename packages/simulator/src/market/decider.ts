import {
  type AllocationPlan,
  type AllocationTools,
  allocate,
  type SparseGraph,
} from "@marketmesh/allocation-engine";
import { draw } from "../oracle/draw.ts";
import type { Answer } from "./behaviour.ts";
import { ExpectedDecider } from "./expected-decider.ts";

/** What a plan sees when it decides: who is there and wants something, and whom it has not asked yet. */
export interface Moment {
  /** The nodes of the scenario's graph with what is left of them; the edges that may be chosen. */
  readonly graph: SparseGraph;
  /** By edge of `graph`: its position in the scenario's graph, ascending. */
  readonly edges: Uint32Array;
  /** The scenario's graph, and by its edges 1 where the pair was asked. */
  readonly whole: SparseGraph;
  readonly asked: Uint8Array;
  /** By demand: seconds since it arrived, 0 before. */
  readonly waiting: Float64Array;
  /** From 0. */
  readonly wave: number;
}

/** An answer that a decider may learn from. */
export interface Learned {
  /** Position in the scenario's graph. */
  readonly edge: number;
  readonly answer: Answer;
}

/** Decides rounds of one run, and may remember. It never sees a probability, and no answer before it was given. */
export interface Decider {
  /** Edges of `moment.graph`, ascending. */
  decide(moment: Moment): Iterable<number>;
  learn?(answers: readonly Learned[]): void;
}

/** A plan as the simulator plays it. */
export interface MarketPlan {
  readonly label: string;
  /** Whether people are asked; otherwise what is decided is taken at once. */
  readonly answered: boolean;
  /** A new decider for one run. */
  begin(seed: number): Decider;
}

/** What every round of a plan says; what depends on the moment is added. Positions are those of the scenario's graph. */
export type StandingPlan = Omit<AllocationPlan, "waiting" | "seed" | "acceptance">;

export interface EnginePlanOptions {
  /** Default true. */
  readonly answered?: boolean;
  /** Of `EXPECTED`: rounds that there will be, the first included; what can wait is held back. Default 0: nobody knows. */
  readonly plannedRounds?: number;
  /** What the engine may use. Without a search the hard problems (`WHOLE`, overlapping limits) are repaired, within a proven gap. */
  readonly tools?: AllocationTools;
}

/** A plan that the engine decides. `LOTTERY` draws anew for each round; `EXPECTED` learns from the answers of its run. */
export function enginePlan(
  label: string,
  plan: StandingPlan,
  { answered = true, plannedRounds = 0, tools = {} }: EnginePlanOptions = {},
): MarketPlan {
  const begin = (seed: number) =>
    plan.strategy === "EXPECTED"
      ? new ExpectedDecider(plan, plannedRounds)
      : new EngineDecider(plan, seed, tools);
  return { label, answered, begin };
}

class EngineDecider implements Decider {
  readonly #plan: StandingPlan;
  readonly #seed: number;
  readonly #tools: AllocationTools;

  constructor(plan: StandingPlan, seed: number, tools: AllocationTools) {
    this.#plan = plan;
    this.#seed = seed;
    this.#tools = tools;
  }

  decide({ graph, waiting, wave }: Moment): Iterable<number> {
    const seed = Math.floor(draw(this.#seed, "round", wave) * 2 ** 32);
    return allocate(graph, { ...this.#plan, waiting, seed }, this.#tools).assignment.edges;
  }
}
