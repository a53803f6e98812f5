import { type Database, DeadlineError, OverloadError, UnavailableError } from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import { batchSpan } from "@marketmesh/telemetry";
import { SpanKind } from "@opentelemetry/api";
import type { Answer, Offer } from "../domain/hold.ts";
import { tracer } from "../spans.ts";
import { readOffers } from "../storage/offer-store.ts";
import { type AnsweredOffer, answerOffers } from "./answer-offers.ts";

/** One answer as its caller gave it. */
export interface WaitingAnswer {
  readonly caller: Pick<Caller, "reach" | "party">;
  readonly offer: string;
  readonly answer: Answer;
  /** Whether the version that the caller read is still the offer's. */
  isFresh(version: number): boolean;
  /** The trace of the answer; empty when it has none. */
  readonly traceparent: string;
}

/** What became of it. HIDDEN: the caller does not see such an offer. */
export type GroupedOutcome = AnsweredOffer | "HIDDEN";

interface Entry extends WaitingAnswer {
  readonly resolve: (outcome: GroupedOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const groupMax = 200;

/**
 * Settles answers that arrive while others are being committed together, in one transaction: parties answer one by one, but a
 * commit for each would be most of what an answer costs. An answer that finds nobody waiting is committed at once.
 *
 * Each is judged by itself, and an offer is answered once per group; one that fails is tried alone.
 */
export class AnswerGroup {
  readonly #database: Database;
  readonly #waiting = new Map<string, Entry[]>();
  readonly #busy = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  answer(market: string, answer: WaitingAnswer): Promise<GroupedOutcome> {
    return new Promise((resolve, reject) => {
      const entries = this.#waiting.get(market) ?? [];
      entries.push({ ...answer, resolve, reject });
      this.#waiting.set(market, entries);
      // What arrives in the same turn of the event loop goes along.
      if (!this.#busy.has(market)) setImmediate(() => void this.#drain(market));
    });
  }

  async #drain(market: string): Promise<void> {
    if (this.#busy.has(market)) return;
    this.#busy.add(market);
    for (let group = this.#take(market); group.length > 0; group = this.#take(market)) {
      await this.#settle(market, group);
    }
    this.#busy.delete(market);
  }

  /** The longest waiting answers to different offers. */
  #take(market: string): Entry[] {
    const group = new Map<string, Entry>();
    const rest: Entry[] = [];
    for (const entry of this.#waiting.get(market) ?? []) {
      if (group.size < groupMax && !group.has(entry.offer)) group.set(entry.offer, entry);
      else rest.push(entry);
    }
    if (rest.length > 0) this.#waiting.set(market, rest);
    else this.#waiting.delete(market);
    return [...group.values()];
  }

  async #settle(market: string, group: readonly Entry[]): Promise<void> {
    try {
      const outcomes = await this.#answerAll(market, group);
      for (const { offer, resolve } of group) resolve(outcomes.get(offer)!);
    } catch (error) {
      // One that cannot be settled must not take the others with it.
      if (group.length > 1 && !isOfDatabase(error)) {
        for (const entry of group) await this.#settle(market, [entry]);
      } else for (const { reject } of group) reject(error);
    }
  }

  /** In one span: of the one answer's trace, or linked to the answers' traces. */
  #answerAll(market: string, group: readonly Entry[]): Promise<Map<string, GroupedOutcome>> {
    const traceparents = group.map(({ traceparent }) => traceparent);
    const attributes = { "marketmesh.answers": group.length };
    const about = { name: "answer offers", kind: SpanKind.INTERNAL, attributes, traceparents };
    return batchSpan(tracer, about, () => this.#transact(market, group));
  }

  #transact(market: string, group: readonly Entry[]): Promise<Map<string, GroupedOutcome>> {
    // The market's hands: whose offers these are is checked below, for each caller.
    const scope = { market, reach: "MARKET", principal: "serviceAccounts/allocation", party: "" } as const;
    return this.#database.transaction(
      scope,
      async (tx) => {
        const ids = group.map(({ offer }) => offer);
        const offers = new Map((await readOffers(tx, market, ids)).map((offer) => [offer.id, offer]));
        const seen = group.filter(({ caller, offer: id }) => sees(caller, offers.get(id)));
        const hidden = group.filter((entry) => !seen.includes(entry));
        const refused = hidden.map(({ offer }) => [offer, "HIDDEN"] as const);
        return new Map<string, GroupedOutcome>([...refused, ...(await answerOffers(tx, market, seen))]);
      },
      { mayRepeat: true },
    );
  }
}

/** The database is away or slow: trying each alone would only add to it. */
function isOfDatabase(error: unknown): boolean {
  return [UnavailableError, DeadlineError, OverloadError].some((kind) => error instanceof kind);
}

function sees(caller: WaitingAnswer["caller"], offer: Offer | undefined): boolean {
  return offer !== undefined && (caller.reach !== "PARTY" || offer.answeringParty === caller.party);
}
