import {
  allocate,
  type ExpectedState,
  expectedWave,
  type Pair,
  roundsAhead,
  type SparseGraph,
  startExpected,
} from "@marketmesh/allocation-engine";
import type { Decider, Learned, Moment, StandingPlan } from "./decider.ts";

/** Plays EXPECTED: its state goes from round to round, with the answers that came in between; silence is a no. */
export class ExpectedDecider implements Decider {
  readonly #plan: StandingPlan;
  readonly #plannedRounds: number;
  #state: ExpectedState | undefined;
  #answers: readonly Learned[] = [];

  /** @param plannedRounds 0: nobody knows how many there will be */
  constructor(plan: StandingPlan, plannedRounds: number) {
    this.#plan = plan;
    this.#plannedRounds = plannedRounds;
  }

  learn(answers: readonly Learned[]): void {
    this.#answers = [...this.#answers, ...answers];
  }

  decide(moment: Moment): Iterable<number> {
    const before = this.#state ?? startExpected(moment.whole);
    const answers = {
      edges: this.#answers.map(({ edge }) => edge),
      accepted: this.#answers.map(({ answer }) => (answer === "YES" ? 1 : 0)),
    };
    const planned = this.#plannedRounds > 0 ? { rounds: this.#plannedRounds, from: 0 } : undefined;
    const { waves, config } = roundsAhead(before.wave, planned);
    const residual = {
      waves,
      demandLeft: moment.graph.demandCapacity,
      supplyLeft: moment.graph.supplyCapacity,
      asked: closed(moment, this.#plan.limits?.exclusions ?? []),
    };
    let wave = expectedWave(moment.whole, residual, before, answers, config);
    // Waiting is worth something only while others are asked.
    if (wave.offers.length === 0) {
      const now = { ...residual, waves: before.wave + 1 };
      wave = expectedWave(moment.whole, now, before, answers, config);
    }
    this.#state = wave.state;
    this.#answers = [];
    return this.#withinLimits(moment, positionsOf(wave.offers, moment.edges));
  }

  /** What limits leave of the offers, the best first. */
  #withinLimits({ graph, waiting }: Moment, offers: readonly number[]): Iterable<number> {
    const { limits } = this.#plan;
    if (!limits) return offers;
    const offered = new Set(offers);
    const others = [...graph.supplies.keys()].filter((edge) => !offered.has(edge));
    const exclusions = [...(limits.exclusions ?? []), ...others.map((edge) => pairOf(graph, edge))];
    const plan = { ...this.#plan, waiting, strategy: "GREEDY", limits: { ...limits, exclusions } } as const;
    return allocate(graph, plan).assignment.edges;
  }
}

/** Excluded pairs count as asked: nobody asks them. */
function closed({ whole, asked }: Moment, exclusions: readonly Pair[]): Uint8Array {
  const marks = asked.slice();
  for (const { demand, supply } of exclusions) {
    for (let edge = whole.offsets[demand]!; edge < whole.offsets[demand + 1]!; edge++) {
      if (whole.supplies[edge] === supply) marks[edge] = 1;
    }
  }
  return marks;
}

/** Where each of some edges stands among others; both ascend. */
function positionsOf(some: Uint32Array, all: Uint32Array): number[] {
  const positions: number[] = [];
  let at = 0;
  for (const edge of some) {
    while (at < all.length && all[at]! < edge) at++;
    if (all[at] === edge) positions.push(at);
  }
  return positions;
}

function pairOf({ demands, supplies }: SparseGraph, edge: number): Pair {
  return { demand: demands[edge]!, supply: supplies[edge]! };
}
