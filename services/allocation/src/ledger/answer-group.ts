import type { Database } from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import { batchSpan } from "@marketmesh/telemetry";
import { SpanKind } from "@opentelemetry/api";
import type { Answer, Offer } from "../domain/hold.ts";
import { tracer } from "../spans.ts";
import { readOffers } from "../storage/offer-store.ts";
import { type AnsweredOffer, answerOffers } from "./answer-offers.ts";
import { GroupCommit } from "./group-commit.ts";

/** One answer as its caller gave it. */
export interface WaitingAnswer {
  readonly caller: Pick<Caller, "reach" | "party">;
  readonly offer: string;
  readonly answer: Answer;
  /** Whether the version that the caller read is still the offer's. */
  isFresh(version: number): boolean;
  readonly declineReason?: string;
  readonly reasonText?: string;
  /** The trace of the answer; empty when it has none. */
  readonly traceparent: string;
}

/** What became of it. HIDDEN: the caller does not see such an offer. */
export type GroupedOutcome = AnsweredOffer | "HIDDEN";

interface Entry extends WaitingAnswer {
  readonly market: string;
}

const sizeMax = 200;
const waitingMax = 20_000;

/** Where answers that parties give one by one meet; an offer is answered once per group. */
export class AnswerGroup {
  readonly #database: Database;
  readonly #groups: GroupCommit<Entry, GroupedOutcome>;

  constructor(database: Database) {
    this.#database = database;
    this.#groups = new GroupCommit({
      sizeMax,
      waitingMax,
      keyOf: ({ offer }) => offer,
      run: (group) => this.#answerAll(group),
    });
  }

  answer(market: string, answer: WaitingAnswer): Promise<GroupedOutcome> {
    return this.#groups.submit(market, { ...answer, market });
  }

  /** In one span: of the one answer's trace, or linked to the answers' traces. */
  #answerAll(group: readonly Entry[]): Promise<GroupedOutcome[]> {
    const traceparents = group.map(({ traceparent }) => traceparent);
    const attributes = { "marketmesh.answers": group.length };
    const about = { name: "answer offers", kind: SpanKind.INTERNAL, attributes, traceparents };
    return batchSpan(tracer, about, () => this.#transact(group[0]!.market, group));
  }

  #transact(market: string, group: readonly Entry[]): Promise<GroupedOutcome[]> {
    // The market's hands: whose offers these are is checked below, for each caller.
    const scope = { market, reach: "MARKET", principal: "serviceAccounts/allocation", party: "" } as const;
    return this.#database.transaction(
      scope,
      async (tx) => {
        const ids = group.map(({ offer }) => offer);
        const offers = new Map((await readOffers(tx, market, ids)).map((offer) => [offer.id, offer]));
        const seen = group.filter(({ caller, offer: id }) => sees(caller, offers.get(id)));
        const answered = await answerOffers(tx, market, seen);
        return group.map(({ offer }) => answered.get(offer) ?? "HIDDEN");
      },
      { mayRepeat: true },
    );
  }
}

function sees(caller: WaitingAnswer["caller"], offer: Offer | undefined): boolean {
  return offer !== undefined && (caller.reach !== "PARTY" || offer.answeringParty === caller.party);
}
