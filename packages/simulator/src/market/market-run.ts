import { UNLIMITED } from "@marketmesh/allocation-engine";
import { type Answer, answerDelay, answerTo, type Behaviour, memoryOf, staysAway } from "./behaviour.ts";
import type { Decider, Learned, MarketPlan } from "./decider.ts";
import { EventQueue, type MarketEvent } from "./event-queue.ts";
import { openPairs } from "./open-pairs.ts";
import { outcomeOf, type RunOutcome, type Taken, type Tally } from "./outcome.ts";
import type { CompiledScenario } from "./scenario.ts";

/** How the market runs, in seconds of market time. */
export interface MarketRules {
  /** From one round to the next; the first is at 0. Above 0. */
  readonly interval: number;
  /** How long an offer waits for its answer; above 0. Who answers does so at a time drawn from it, evenly. */
  readonly window: number;
  /** Rounds at most. */
  readonly wavesMax: number;
}

interface Offer {
  readonly edge: number;
  readonly units: number;
  answer: Answer;
  taken: Taken | undefined;
}

/**
 * Plays one run: discrete events on the market clock. The same scenario, plan, behaviour, rules and seed give the same run on every
 * machine. A pair is asked once. Who leaves answers no more; who says yes and does not come is lost, and the demand opens again.
 */
export function playMarket(
  scenario: CompiledScenario,
  plan: MarketPlan,
  behaviour: Behaviour,
  rules: MarketRules,
  seed: number,
): RunOutcome {
  return new MarketRun(scenario, plan, behaviour, rules, seed).play();
}

class MarketRun {
  readonly #scenario: CompiledScenario;
  readonly #plan: MarketPlan;
  readonly #behaviour: Behaviour;
  readonly #rules: MarketRules;
  readonly #seed: number;
  readonly #decider: Decider;
  readonly #events = new EventQueue();
  readonly #demandHere: Uint8Array;
  readonly #supplyHere: Uint8Array;
  readonly #left: { demand: Int32Array; supply: Int32Array; asked: Uint8Array };
  readonly #askedAt: number[][];
  readonly #offers: Offer[] = [];
  readonly #tally: Tally;
  readonly #scores: { low: number; span: number };
  #news: Learned[] = [];

  constructor(
    scenario: CompiledScenario,
    plan: MarketPlan,
    behaviour: Behaviour,
    rules: MarketRules,
    seed: number,
  ) {
    const { graph } = scenario;
    this.#scenario = scenario;
    this.#plan = plan;
    this.#behaviour = behaviour;
    this.#rules = rules;
    this.#seed = seed;
    this.#decider = plan.begin(seed);
    const demands = graph.demandIds.length;
    const supplies = graph.supplyIds.length;
    this.#demandHere = new Uint8Array(demands);
    this.#supplyHere = new Uint8Array(supplies);
    this.#left = {
      demand: new Int32Array(demands),
      supply: new Int32Array(supplies),
      asked: new Uint8Array(graph.demands.length),
    };
    this.#askedAt = Array.from({ length: supplies }, () => []);
    this.#tally = {
      wanted: 0,
      offers: 0,
      yes: 0,
      noShows: 0,
      waves: 0,
      offersBySupply: new Uint32Array(supplies),
    };
    this.#scores = rangeOf(graph.demandScores);
  }

  play(): RunOutcome {
    this.#announce("DEMAND", this.#scenario.demandArrives, this.#scenario.demandLeaves);
    this.#announce("SUPPLY", this.#scenario.supplyArrives, this.#scenario.supplyLeaves);
    this.#events.push({ time: 0, kind: "ROUND", subject: 0 });
    for (let event = this.#events.pop(); event; event = this.#events.pop()) this.#happen(event);
    return outcomeOf(
      this.#tally,
      this.#offers.flatMap(({ taken }) => taken ?? []),
    );
  }

  #announce(side: "DEMAND" | "SUPPLY", arrives: Float64Array, leaves: Float64Array): void {
    for (const [subject, time] of arrives.entries()) {
      this.#events.push({ time, kind: "ARRIVE", subject, side });
      const end = leaves[subject]!;
      if (end !== Number.POSITIVE_INFINITY) this.#events.push({ time: end, kind: "LEAVE", subject, side });
    }
  }

  #happen(event: MarketEvent): void {
    const { kind, subject, time } = event;
    if (kind === "ARRIVE") this.#arrive(event);
    else if (kind === "LEAVE") this.#leave(event);
    else if (kind === "ROUND") this.#round(subject, time);
    else if (kind === "NO_SHOW") this.#noShow(this.#offers[subject]!);
    else this.#answered(subject, time);
  }

  #arrive({ side, subject }: MarketEvent): void {
    const { graph } = this.#scenario;
    if (side === "SUPPLY") {
      this.#supplyHere[subject] = 1;
      this.#left.supply[subject] = graph.supplyCapacity[subject]!;
    } else {
      this.#demandHere[subject] = 1;
      this.#left.demand[subject] = graph.demandCapacity[subject]!;
      this.#tally.wanted += graph.demandCapacity[subject]!;
    }
  }

  #leave({ side, subject }: MarketEvent): void {
    const supply = side === "SUPPLY";
    (supply ? this.#supplyHere : this.#demandHere)[subject] = 0;
    (supply ? this.#left.supply : this.#left.demand)[subject] = 0;
  }

  #round(wave: number, time: number): void {
    this.#decider.learn?.(this.#news);
    this.#news = [];
    const { graph, demandArrives } = this.#scenario;
    const open = openPairs(graph, this.#left);
    if (open.edges.length > 0) {
      this.#tally.waves += 1;
      const waiting = demandArrives.map((arrived) => Math.max(0, time - arrived));
      const { asked } = this.#left;
      const chosen = [...this.#decider.decide({ ...open, whole: graph, asked, waiting, wave })];
      for (const edge of chosen) this.#offer(open.edges[edge]!, time);
    }
    // Only what is still to happen can open another pair; when nothing is, this was the last round.
    const goesOn = open.edges.length > 0 || this.#events.size > 0;
    if (goesOn && wave + 1 < this.#rules.wavesMax) {
      const next = time + this.#rules.interval;
      this.#events.push({ time: next, kind: "ROUND", subject: wave + 1 });
    }
  }

  #offer(edge: number, time: number): void {
    const { graph } = this.#scenario;
    const demand = graph.demands[edge]!;
    const supply = graph.supplies[edge]!;
    const units = graph.unitMode === "WHOLE" ? this.#left.demand[demand]! : 1;
    const answer = this.#plan.answered ? this.#answerTo(edge, time) : "YES";
    this.#left.asked[edge] = 1;
    this.#left.demand[demand]! -= units;
    if (graph.supplyCapacity[supply] !== UNLIMITED) this.#left.supply[supply]! -= units;
    this.#tally.offers += 1;
    this.#tally.offersBySupply[supply]! += 1;
    this.#askedAt[supply]!.push(time);
    const subject = this.#offers.push({ edge, units, answer, taken: undefined }) - 1;
    const { window } = this.#rules;
    if (!this.#plan.answered) this.#answered(subject, time);
    else if (answer === "SILENCE") this.#events.push({ time: time + window, kind: "EXPIRE", subject });
    else {
      const delay = window * answerDelay(this.#seed, this.#idsOf(edge));
      this.#events.push({ time: time + delay, kind: "ANSWER", subject });
    }
  }

  #answerTo(edge: number, time: number): Answer {
    const { graph } = this.#scenario;
    const memory = memoryOf(this.#behaviour);
    const recent = memory === 0 ? [] : this.#askedAt[graph.supplies[edge]!]!;
    const { low, span } = this.#scores;
    return answerTo(this.#behaviour, this.#seed, {
      ...this.#idsOf(edge),
      standing: span === 0 ? 0.5 : (graph.demandScores[edge]! - low) / span,
      time,
      recentOffers: recent.filter((asked) => asked > time - memory).length,
    });
  }

  #answered(subject: number, time: number): void {
    const offer = this.#offers[subject]!;
    const { graph } = this.#scenario;
    const demand = graph.demands[offer.edge]!;
    const supply = graph.supplies[offer.edge]!;
    const here = this.#demandHere[demand] === 1 && this.#supplyHere[supply] === 1;
    if (this.#plan.answered) this.#news.push({ edge: offer.edge, answer: offer.answer });
    if (offer.answer === "YES") this.#tally.yes += 1;
    if (offer.answer === "YES" && here) this.#take(subject, time);
    else this.#giveBack(demand, supply, offer.units);
  }

  #take(subject: number, time: number): void {
    const offer = this.#offers[subject]!;
    const { graph, demandArrives } = this.#scenario;
    const ids = this.#idsOf(offer.edge);
    offer.taken = {
      ...ids,
      units: offer.units,
      demandScore: graph.demandScores[offer.edge]!,
      after: time - demandArrives[graph.demands[offer.edge]!]!,
    };
    if (staysAway(this.#behaviour, this.#seed, ids.demandId, ids.supplyId)) {
      this.#events.push({ time: time + this.#rules.window, kind: "NO_SHOW", subject });
    }
  }

  #giveBack(demand: number, supply: number, units: number): void {
    const { graph } = this.#scenario;
    if (this.#demandHere[demand] === 1) this.#left.demand[demand]! += units;
    const counted = graph.supplyCapacity[supply] !== UNLIMITED;
    if (counted && this.#supplyHere[supply] === 1) this.#left.supply[supply]! += units;
  }

  #noShow(offer: Offer): void {
    const demand = this.#scenario.graph.demands[offer.edge]!;
    offer.taken = undefined;
    this.#tally.noShows += 1;
    if (this.#demandHere[demand] === 1) this.#left.demand[demand]! += offer.units;
  }

  #idsOf(edge: number): { demandId: string; supplyId: string } {
    const { graph } = this.#scenario;
    return {
      demandId: graph.demandIds[graph.demands[edge]!]!,
      supplyId: graph.supplyIds[graph.supplies[edge]!]!,
    };
  }
}

function rangeOf(scores: Int32Array): { low: number; span: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < low) low = score;
    if (score > high) high = score;
  }
  return { low, span: scores.length === 0 ? 0 : high - low };
}
