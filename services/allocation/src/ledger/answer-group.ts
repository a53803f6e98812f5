import type { Database } from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import type { Answer } from "../domain/hold.ts";
import { readOffers } from "../storage/offer-store.ts";
import { type AnsweredOffer, answerOffers } from "./answer-offers.ts";

/** One answer as its caller gave it. */
export interface WaitingAnswer {
  readonly caller: Pick<Caller, "reach" | "party">;
  readonly offer: string;
  readonly answer: Answer;
  /** Whether the version that the caller read is still the offer's. */
  isFresh(version: number): boolean;
}

/** What became of it. HIDDEN: the caller does not see such an offer. */
export type GroupedOutcome = AnsweredOffer | "HIDDEN" | "STALE";

interface Entry extends WaitingAnswer {
  readonly resolve: (outcome: GroupedOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const groupMax = 200;

/**
 * Settles answers that arrive while others are being committed together, in one transaction: parties answer one by one, but a
 * commit for each would be most of what an answer costs. An answer that finds nobody waiting is committed at once.
 *
 * Each is judged by itself, and an offer is answered once per group; a failed transaction fails its group alone.
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
    // The market's hands: whose offers these are is checked below, for each caller.
    const scope = { market, reach: "MARKET", principal: "serviceAccounts/allocation", party: "" } as const;
    try {
      const outcomes = await this.#database.transaction(
        scope,
        async (tx) => {
          const ids = group.map(({ offer }) => offer);
          const offers = new Map((await readOffers(tx, market, ids)).map((offer) => [offer.id, offer]));
          const refused = new Map<string, GroupedOutcome>();
          const asked = group.filter(({ caller, offer: id, isFresh }) => {
            const offer = offers.get(id);
            const seen =
              offer !== undefined && (caller.reach !== "PARTY" || offer.answeringParty === caller.party);
            if (!seen) refused.set(id, "HIDDEN");
            else if (!isFresh(offer.version)) refused.set(id, "STALE");
            return !refused.has(id);
          });
          return new Map<string, GroupedOutcome>([...refused, ...(await answerOffers(tx, market, asked))]);
        },
        { mayRepeat: true },
      );
      for (const { offer, resolve } of group) resolve(outcomes.get(offer)!);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
