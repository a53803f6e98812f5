import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ClockAdvancedSchema } from "@marketmesh/contracts/allocation/v1";
import type { Envelope } from "@marketmesh/contracts/events/v1";
import { EventEmittedSchema } from "@marketmesh/contracts/fulfillment/v1";
import type { Handle } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { triggeredInput, type Workflow } from "@marketmesh/workflow-engine";
import { toldClock } from "../clocks.ts";
import type { MarketClock } from "../domain/clock.ts";
import { longRunIdOf, runIdOf } from "../domain/run-id.ts";
import type { Ear } from "../domain/workflow.ts";
import type { Shell } from "../shell.ts";
import type { MovingRun } from "../steps/moving-run.ts";
import { type NewRun, RunSteps } from "../steps/run-steps.ts";
import { versionKey } from "../steps/workflow-library.ts";
import { saveClock } from "../storage/clock-store.ts";
import { findEarly, findInterested, keepEarly } from "../storage/interest-store.ts";
import { readSubjects } from "../storage/run-store.ts";
import { readEars } from "../storage/workflow-store.ts";
import { factTypeOf, type HeardFact, heardFact } from "./fact-event.ts";
import { lockMail } from "./mail-locks.ts";

/**
 * What facts do to workflows: they start runs, wake those that listen, and are kept for those that will. A batch is one
 * transaction; a market without workflows costs its part of one query.
 */
export function onFacts(shell: Shell, told: () => void): Handle {
  return async (tx, envelopes) => {
    const startedMs = performance.now();
    const byMarket = Map.groupBy(envelopes, ({ market }) => market);
    const markets = [...byMarket.keys()].filter((market) => market !== "").sort();
    if (await noteClocks(tx, markets, byMarket)) told();
    const ears = await readEars(tx, markets);
    for (const market of markets) {
      const own = ears.get(market);
      if (own) await hear(shell, tx, market, own, byMarket.get(market)!);
    }
    shell.telemetry.stepped("facts", performance.now() - startedMs);
  };
}

async function noteClocks(
  tx: Tx,
  markets: readonly string[],
  byMarket: ReadonlyMap<string, readonly Envelope[]>,
): Promise<boolean> {
  let advanced = false;
  for (const market of markets) {
    const clocks = byMarket
      .get(market)!
      .flatMap(({ fact }) => (fact && anyUnpack(fact, ClockAdvancedSchema)?.clock) ?? []);
    const latest = clocks.map(toldClock).sort((a, b) => b.timeMs - a.timeMs)[0];
    if (!latest) continue;
    await saveClock(tx, market, latest);
    advanced = true;
  }
  return advanced;
}

/** What one market's workflows make of a batch. */
async function hear(
  shell: Shell,
  tx: Tx,
  market: string,
  ears: readonly Ear[],
  envelopes: readonly Envelope[],
): Promise<void> {
  const types = new Set(
    ears.flatMap(({ state, triggerTypes, heardTypes }) => [
      ...(state === "ACTIVE" ? triggerTypes : []),
      ...heardTypes,
    ]),
  );
  const wanted = envelopes.filter((envelope) => {
    const type = factTypeOf(envelope);
    return types.has(type) || type === EventEmittedSchema.typeName;
  });
  if (wanted.length === 0) return;
  const clock = await shell.clocks.of(tx, market);
  const facts = wanted
    .flatMap((envelope) => heardFact(envelope, clock) ?? [])
    .filter(({ event }) => types.has(event.type));
  if (facts.length > 0) await new Hearing(shell, tx, market, clock, ears).hear(facts);
}

class Hearing {
  readonly #shell: Shell;
  readonly #tx: Tx;
  readonly #market: string;
  readonly #clock: MarketClock;
  readonly #ears: readonly Ear[];

  constructor(shell: Shell, tx: Tx, market: string, clock: MarketClock, ears: readonly Ear[]) {
    this.#shell = shell;
    this.#tx = tx;
    this.#market = market;
    this.#clock = clock;
    this.#ears = ears;
  }

  async hear(facts: readonly HeardFact[]): Promise<void> {
    const heardTypes = new Set(this.#ears.flatMap((ear) => ear.heardTypes));
    const heard = facts.filter(({ event }) => heardTypes.has(event.type));
    const begins = await this.#begins(facts);
    const subjects = [
      ...heard.map(({ event }) => event.subject),
      ...begins.flatMap(({ run }) => interestsOf(run).map(({ subject }) => subject)),
    ];
    await lockMail(this.#tx, this.#market, subjects);
    const listeners = await this.#listeners(heard);
    const place = { market: this.#market, clock: this.#clock, nowMs: this.#shell.nowMs() };
    const ids = [...listeners.values()].flat();
    const steps = await RunSteps.open(this.#tx, this.#shell, place, ids);
    const hearers = await this.#beginRuns(steps, begins, heard);
    for (const fact of heard) {
      for (const run of listeners.get(fact) ?? []) {
        const moving = steps.get(run);
        if (!moving) continue;
        receive(steps, moving, fact);
        // What a run said itself, it did not wait for.
        if (run !== fact.emitter) hearers.add(hearerKey(fact, moving.run.workflow));
      }
    }
    await steps.save();
    await this.#keepEarly(heard, hearers);
  }

  /** The runs that these facts start: one per workflow and subject, and only those that are not there. */
  async #begins(facts: readonly HeardFact[]): Promise<Begin[]> {
    const active = this.#ears.filter(
      ({ state, triggerTypes }) => state === "ACTIVE" && triggerTypes.length > 0,
    );
    const workflows = await this.#shell.library.get(this.#tx, this.#market, active);
    // What is older may have begun a run that is gone: whatever was announced before a run ended is older than its removal.
    const forgottenMs = this.#shell.nowMs() - this.#shell.runsKeptMs;
    const triggered = facts.flatMap((fact) =>
      fact.occurMs < forgottenMs
        ? []
        : active.flatMap((ear) => {
            if (!ear.triggerTypes.includes(fact.event.type)) return [];
            const workflow = workflows.get(versionKey(ear))!;
            const accepts = workflow.triggers.some((trigger) =>
              trigger.accepts(fact.event, `markets/${this.#market}`),
            );
            return accepts ? [{ fact, ear, workflow, about: fact.event.subject || fact.event.id }] : [];
          }),
    );
    const shortIds = new Set(triggered.map(({ ear, about }) => runIdOf(ear.id, about)));
    const taken = await readSubjects(this.#tx, this.#market, [...shortIds]);
    const begins = new Map<string, Begin>();
    for (const { fact, ear, workflow, about } of triggered) {
      const shortId = runIdOf(ear.id, about);
      const begun = begins.get(shortId)?.run;
      const holder =
        taken.get(shortId) ?? (begun && { workflow: begun.workflow.name, subject: begun.start.subject });
      const isOwn = holder?.workflow === ear.id && holder.subject === fact.event.subject;
      if (isOwn) continue;
      const id = holder ? longRunIdOf(ear.id, about) : shortId;
      if (!begins.has(id)) begins.set(id, { fact, run: this.#newRun(id, ear, workflow, fact) });
    }
    return [...begins.values()];
  }

  #newRun(id: string, { version }: Ear, workflow: Workflow, { event, traceparent }: HeardFact): NewRun {
    const market = `markets/${this.#market}`;
    const input = triggeredInput(event, market);
    const start = { run: `${market}/runs/${id}`, market, subject: event.subject, input, nowMs: event.timeMs };
    return { id, workflow, version, start, traceparent };
  }

  /** Begins them, with what came before them and with what came in the same batch. Returns which workflows took what of that. */
  async #beginRuns(
    steps: RunSteps,
    begins: readonly Begin[],
    heard: readonly HeardFact[],
  ): Promise<Set<string>> {
    const hearers = new Set<string>();
    const early = await findEarly(
      this.#tx,
      this.#market,
      begins.flatMap(({ run }) => interestsOf(run)),
    );
    const kept = Map.groupBy(early, (event) => addressOf(event));
    for (const { fact: trigger, run } of begins) {
      // A run that is there already hears through its interests; this one will not be written.
      if (steps.get(run.id)) continue;
      const moving = steps.start(run);
      const addresses = new Set(moving.interests.map(addressOf));
      for (const address of addresses) {
        for (const event of kept.get(address) ?? [])
          receive(steps, moving, { event, traceparent: run.traceparent });
      }
      for (const fact of heard) {
        if (fact === trigger || !addresses.has(addressOf(fact.event))) continue;
        hearers.add(hearerKey(fact, run.workflow.name));
        receive(steps, moving, fact);
      }
    }
    return hearers;
  }

  /** The runs that want each fact; facts that none wants are left out. */
  async #listeners(heard: readonly HeardFact[]): Promise<Map<HeardFact, string[]>> {
    const interests = await findInterested(
      this.#tx,
      this.#market,
      heard.map(({ event }) => event),
    );
    const byAddress = Map.groupBy(interests, addressOf);
    const listeners = new Map<HeardFact, string[]>();
    for (const fact of heard) {
      const runs = new Set((byAddress.get(addressOf(fact.event)) ?? []).map(({ run }) => run));
      if (fact.emitter !== undefined) runs.add(fact.emitter);
      if (runs.size > 0) listeners.set(fact, [...runs]);
    }
    return listeners;
  }

  /** Keeps what a workflow listens to and no run of it has heard: one that begins later would miss it, whoever else heard it. */
  async #keepEarly(facts: readonly HeardFact[], hearers: ReadonlySet<string>): Promise<void> {
    const listening = this.#ears.filter(({ state }) => state === "ACTIVE");
    const unheard = facts.filter((fact) =>
      listening.some(
        ({ id, listenedTypes }) =>
          listenedTypes.includes(fact.event.type) && !hearers.has(hearerKey(fact, id)),
      ),
    );
    await keepEarly(
      this.#tx,
      this.#market,
      unheard.map(({ event }) => event),
    );
  }
}

interface Begin {
  readonly fact: HeardFact;
  readonly run: NewRun;
}

function interestsOf({ workflow, start }: NewRun): { readonly type: string; readonly subject: string }[] {
  return workflow
    .interests(start)
    .flatMap(({ type, subject }) => (subject === undefined ? [] : [{ type, subject }]));
}

function hearerKey({ event }: HeardFact, workflow: string): string {
  return `${workflow} ${event.id}`;
}

function addressOf({ type, subject }: { readonly type: string; readonly subject: string }): string {
  return `${type} ${subject}`;
}

function receive(
  steps: RunSteps,
  moving: MovingRun,
  { event, traceparent }: Pick<HeardFact, "event" | "traceparent">,
): void {
  steps.apply(moving, { kind: "received", nowMs: event.timeMs, event }, traceparent);
}
