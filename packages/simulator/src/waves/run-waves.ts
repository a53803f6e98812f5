import type { Residual, SparseGraph } from "@marketmesh/allocation-engine";
import type { Oracle } from "../oracle/oracle.ts";
import { refuseBadOffers, WaveError } from "./refuse-bad-offers.ts";
import type { WaveAnswers, WaveStrategy } from "./wave-strategy.ts";

export interface WavesOptions {
  /** Waves at most. Default 200. */
  readonly waves?: number;
  /** By demand: the wave in which it opens. Absent: all are open from the start. */
  readonly opensAt?: ArrayLike<number>;
  /** Called after every wave with offers. */
  readonly onWave?: (wave: WaveOutcome) => void;
}

/** One wave that was played. */
export interface WaveOutcome extends WaveAnswers {
  /** From 0. */
  readonly wave: number;
}

/** What a strategy came to. */
export interface WavesOutcome {
  /** Openings of all demands. */
  readonly openings: number;
  /** Offers that were accepted: each fills an opening. */
  readonly accepted: number;
  /** `accepted` over `openings`; 0 where there are none. */
  readonly fill: number;
  /** Sum of the demand scores of the accepted pairs, as 0..1. */
  readonly value: number;
  readonly offers: number;
  /** Waves up to the last one with offers. */
  readonly waves: number;
}

const wavesByDefault = 200;
const nothing: WaveAnswers = { edges: new Uint32Array(0), accepted: new Uint8Array(0) };

/**
 * Plays a strategy against an oracle: a wave of offers goes out, all answers come in, what was accepted is gone, what was declined is
 * not asked again; until nobody has anything to offer or the waves are over. Supply that is not taken stays.
 *
 * @throws WaveError when offers break the rules: an edge that does not exist or was asked, a supply that is taken or asked twice at
 *   once, more offers than openings, a demand that is not open; or when demands want several units as a whole
 */
export function runWaves(
  graph: SparseGraph,
  strategy: WaveStrategy,
  oracle: Oracle,
  options: WavesOptions = {},
): WavesOutcome {
  const run = playWaves(graph, strategy, options);
  let step = run.next(new Uint8Array(0));
  while (!step.done) {
    const { wave, edges } = step.value;
    const accepted = new Uint8Array(edges.length);
    for (const [at, edge] of edges.entries()) {
      accepted[at] = oracle.answer(graph.demands[edge]!, graph.supplies[edge]!, wave) ? 1 : 0;
    }
    options.onWave?.({ wave, edges, accepted });
    step = run.next(accepted);
  }
  return step.value;
}

/** Offers that wait for their answers. */
export interface WaveOffers {
  /** From 0. */
  readonly wave: number;
  readonly edges: Uint32Array;
}

/**
 * The same for answers that come from elsewhere: yields each wave that has offers, takes its answers (1: accepted; in the order of the
 * offers) by `next`, returns what it came to.
 */
export function* playWaves(
  graph: SparseGraph,
  strategy: WaveStrategy,
  options: Pick<WavesOptions, "waves" | "opensAt"> = {},
): Generator<WaveOffers, WavesOutcome, Uint8Array> {
  const waves = options.waves ?? wavesByDefault;
  if (graph.unitMode === "WHOLE" && graph.demandCapacity.some((units) => units > 1)) {
    throw new WaveError(
      "an offer is one unit: demands of several units that want all or none cannot be played",
    );
  }
  const table = new Table(graph, options.opensAt);
  let [last, lastOffers] = [nothing, -1];
  for (let wave = 0; wave < waves; wave++) {
    const edges = offersOf(graph, strategy, { waves, ...table.open(wave) }, last, wave);
    last = nothing;
    if (edges.length > 0) {
      last = { edges, accepted: yield { wave, edges } };
      table.settle(last);
      lastOffers = wave;
    } else if (!table.someoneComesAfter(wave) && !(strategy.waits && table.someoneCanBeAsked())) break;
  }
  return { ...table.outcome(), waves: lastOffers + 1 };
}

function offersOf(
  graph: SparseGraph,
  strategy: WaveStrategy,
  residual: Residual,
  answers: WaveAnswers,
  wave: number,
): Uint32Array {
  const { demandLeft, supplyLeft, asked } = residual;
  // The strategy gets columns of its own: what it does to them changes nothing.
  const shown = { ...residual, demandLeft: demandLeft.slice(), supplyLeft: supplyLeft.slice() };
  const edges = strategy.offer(graph, { ...shown, asked: asked.slice() }, answers);
  refuseBadOffers(graph, residual, edges, wave);
  return edges;
}

/** What is left, asked and accepted while a run lasts. */
class Table {
  readonly #graph: SparseGraph;
  readonly #opensAt: ArrayLike<number> | undefined;
  readonly #left: Int32Array;
  readonly #supplyLeft: Int32Array;
  readonly #asked: Uint8Array;
  #accepted = 0;
  #offers = 0;
  #millionths = 0;

  constructor(graph: SparseGraph, opensAt: ArrayLike<number> | undefined) {
    this.#graph = graph;
    this.#opensAt = opensAt;
    this.#left = graph.demandCapacity.slice();
    this.#supplyLeft = graph.supplyCapacity.slice();
    this.#asked = new Uint8Array(graph.supplies.length);
  }

  /** A demand that is not open yet has no openings. */
  open(wave: number): { demandLeft: Int32Array; supplyLeft: Int32Array; asked: Uint8Array } {
    const opensAt = this.#opensAt;
    const isOpen = (demand: number) => opensAt === undefined || opensAt[demand]! <= wave;
    return {
      demandLeft: this.#left.map((left, demand) => (isOpen(demand) ? left : 0)),
      supplyLeft: this.#supplyLeft,
      asked: this.#asked,
    };
  }

  settle({ edges, accepted }: WaveAnswers): void {
    const { demands, supplies, demandScores } = this.#graph;
    for (const [at, edge] of edges.entries()) {
      this.#asked[edge] = 1;
      this.#offers++;
      if (accepted[at] !== 1) continue;
      this.#left[demands[edge]!]!--;
      this.#supplyLeft[supplies[edge]!]!--;
      this.#accepted++;
      this.#millionths += demandScores[edge]!;
    }
  }

  someoneCanBeAsked(): boolean {
    const { demands, supplies } = this.#graph;
    return this.#asked.some(
      (asked, edge) =>
        asked === 0 && this.#left[demands[edge]!]! > 0 && this.#supplyLeft[supplies[edge]!]! > 0,
    );
  }

  someoneComesAfter(wave: number): boolean {
    const opensAt = this.#opensAt;
    return opensAt !== undefined && this.#left.some((left, demand) => left > 0 && opensAt[demand]! > wave);
  }

  outcome(): Omit<WavesOutcome, "waves"> {
    const openings = this.#graph.demandCapacity.reduce((sum, units) => sum + units, 0);
    return {
      openings,
      accepted: this.#accepted,
      fill: openings === 0 ? 0 : this.#accepted / openings,
      value: this.#millionths / 1e6,
      offers: this.#offers,
    };
  }
}
