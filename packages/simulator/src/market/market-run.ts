import { Answerer } from "./answerer.ts";
import type { Answer, Behaviour } from "./behaviour.ts";
import type { Decider, Learned, MarketPlan } from "./decider.ts";
import { EventQueue, type MarketEvent } from "./event-queue.ts";
import { outcomeOf, type RunOutcome, type Taken, type Tally } from "./outcome.ts";
import { Remaining, type Side } from "./remaining.ts";
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
  readonly answer: Answer;
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
  readonly #rules: MarketRules;
  readonly #decider: Decider;
  readonly #answerer: Answerer;
  readonly #remaining: Remaining;
  readonly #events = new EventQueue();
  readonly #offers: Offer[] = [];
  readonly #tally: Tally;
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
    this.#rules = rules;
    this.#decider = plan.begin(seed);
    this.#answerer = new Answerer(graph, behaviour, seed);
    this.#remaining = new Remaining(graph);
    const offersBySupply = new Uint32Array(graph.supplyIds.length);
    this.#tally = { wanted: 0, offers: 0, yes: 0, noShows: 0, waves: 0, offersBySupply };
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

  #announce(side: Side, arrives: Float64Array, leaves: Float64Array): void {
    for (const [subject, time] of arrives.entries()) {
      this.#events.push({ time, kind: "ARRIVE", subject, side });
      const end = leaves[subject]!;
      if (end !== Number.POSITIVE_INFINITY) this.#events.push({ time: end, kind: "LEAVE", subject, side });
    }
  }

  #happen({ kind, subject, time, side = "DEMAND" }: MarketEvent): void {
    if (kind === "ARRIVE") this.#arrive(side, subject);
    else if (kind === "LEAVE") this.#remaining.leave(side, subject);
    else if (kind === "ROUND") this.#round(subject, time);
    else if (kind === "NO_SHOW") this.#noShow(this.#offers[subject]!);
    else this.#answered(subject, time);
  }

  #arrive(side: Side, subject: number): void {
    const units = this.#remaining.arrive(side, subject);
    if (side === "DEMAND") this.#tally.wanted += units;
  }

  #round(wave: number, time: number): void {
    this.#decider.learn?.(this.#news);
    this.#news = [];
    const { graph: whole, demandArrives } = this.#scenario;
    const open = this.#remaining.open();
    if (open.edges.length > 0) {
      this.#tally.waves += 1;
      const waiting = demandArrives.map((arrived) => Math.max(0, time - arrived));
      const { asked } = this.#remaining;
      const chosen = [...this.#decider.decide({ ...open, whole, asked, waiting, wave })];
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
    const answer = this.#plan.answered ? this.#answerer.answer(edge, time) : "YES";
    this.#answerer.remember(edge, time);
    const units = this.#remaining.take(edge);
    this.#tally.offers += 1;
    this.#tally.offersBySupply[this.#scenario.graph.supplies[edge]!]! += 1;
    const subject = this.#offers.push({ edge, units, answer, taken: undefined }) - 1;
    const { window } = this.#rules;
    if (!this.#plan.answered) this.#answered(subject, time);
    else if (answer === "SILENCE") this.#events.push({ time: time + window, kind: "EXPIRE", subject });
    else {
      const delay = window * this.#answerer.delay(edge);
      this.#events.push({ time: time + delay, kind: "ANSWER", subject });
    }
  }

  #answered(subject: number, time: number): void {
    const { edge, answer, units } = this.#offers[subject]!;
    if (this.#plan.answered) this.#news.push({ edge, answer });
    if (answer === "YES") this.#tally.yes += 1;
    if (answer === "YES" && this.#remaining.areHere(edge)) this.#take(subject, time);
    else this.#remaining.giveBack(edge, units);
  }

  #take(subject: number, time: number): void {
    const offer = this.#offers[subject]!;
    const { graph, demandArrives } = this.#scenario;
    offer.taken = {
      ...this.#answerer.idsOf(offer.edge),
      units: offer.units,
      demandScore: graph.demandScores[offer.edge]!,
      after: time - demandArrives[graph.demands[offer.edge]!]!,
    };
    if (this.#answerer.staysAway(offer.edge)) {
      this.#events.push({ time: time + this.#rules.window, kind: "NO_SHOW", subject });
    }
  }

  #noShow(offer: Offer): void {
    offer.taken = undefined;
    this.#tally.noShows += 1;
    this.#remaining.reopen(offer.edge, offer.units);
  }
}
