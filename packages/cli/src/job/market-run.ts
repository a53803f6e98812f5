import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Allocation,
  type Offer,
  Offer_State,
  OfferAnswer_Answer,
} from "@marketmesh/contracts/allocation/v1";
import type { Mesh } from "../mesh.ts";
import { type AnswerBehaviour, type Reply, replyOf } from "./answers.ts";
import { chunksOf, concurrently } from "./concurrently.ts";
import { continuing, FollowedOffers } from "./followed-offers.ts";
import { idOf, MarketNames } from "./names.ts";
import { allOf } from "./pages.ts";
import type { PartyTokens } from "./party-tokens.ts";

const answersInFlight = 64;
const answersPerBatch = 1_000;
const batchesInFlight = 2;

export interface MarketRunOptions {
  readonly mesh: Mesh;
  readonly market: string;
  readonly seed: number;
  readonly behaviour: AnswerBehaviour;
  /** How long an offer waits; 0 when nobody is asked. */
  readonly windowMs: number;
  /** Absent: the caller of `mesh` answers in batches, in behalf of the parties. */
  readonly partyTokens?: PartyTokens;
}

/** What the driver of one market does to it through the public API. */
export class MarketRun {
  readonly mesh: Mesh;
  readonly names: MarketNames;
  readonly seed: number;
  /** What of it is traced as a whole. */
  readonly followed: FollowedOffers = new FollowedOffers();
  readonly #behaviour: AnswerBehaviour;
  readonly #windowMs: number;
  readonly #partyTokens: PartyTokens | undefined;
  #committed = 0;
  #clockMs = Number.NEGATIVE_INFINITY;

  constructor(options: MarketRunOptions) {
    this.mesh = options.mesh;
    this.names = new MarketNames(options.market);
    this.seed = options.seed;
    this.#behaviour = options.behaviour;
    this.#windowMs = options.windowMs;
    this.#partyTokens = options.partyTokens;
  }

  /** Allocations that are known to be committed: those found at the last `catchUp`, and the offers accepted since. */
  get committed(): number {
    return this.#committed;
  }

  /** Where the market clock was moved to; minus infinity before the first time. */
  get clockMs(): number {
    return this.#clockMs;
  }

  /** Counts what is committed already: a job may go on where another left off. */
  async catchUp(): Promise<void> {
    this.#committed = (await this.allocations()).length;
  }

  reply(demandId: string, supplyId: string): Reply {
    return replyOf(this.#behaviour, this.seed, demandId, supplyId);
  }

  /** Whether a held pair becomes an allocation: nobody is asked, or the party accepts in time. */
  takes(demandId: string, supplyId: string): boolean {
    if (this.#windowMs === 0) return true;
    const reply = this.reply(demandId, supplyId);
    return reply.answer === "ACCEPT" && reply.afterMs < this.#windowMs;
  }

  /** The offers that wait for an answer. */
  offersMade(): Promise<Offer[]> {
    const filter = { parent: this.names.market, state: Offer_State.MADE };
    return allOf(
      (page) => this.mesh.allocation.listOffers({ ...filter, ...page }),
      (page) => page.offers,
    );
  }

  allocations(): Promise<Allocation[]> {
    return allOf(
      (page) => this.mesh.allocation.listAllocations({ parent: this.names.market, ...page }),
      (page) => page.allocations,
    );
  }

  async advanceClock(toMs: number): Promise<void> {
    await this.mesh.allocation.advanceClock(
      { name: this.names.clock, time: timestampFromMs(toMs) },
      { timeoutMs: 120_000 },
    );
    this.#clockMs = toMs;
  }

  /** Answers offers: each by its party with a token of its own, or in batches by one account. */
  async answer(answers: readonly { readonly offer: Offer; readonly accept: boolean }[]): Promise<void> {
    await this.#sendAnswers(answers);
    this.#committed += answers.filter(({ accept }) => accept).length;
  }

  async #sendAnswers(answers: readonly { readonly offer: Offer; readonly accept: boolean }[]): Promise<void> {
    const tokens = this.#partyTokens;
    if (tokens !== undefined) {
      await concurrently(answers, answersInFlight, async (answer) =>
        this.#answerAlone(answer, { authorization: `Bearer ${await tokens.of(answer.offer.party)}` }),
      );
      return;
    }
    // A batch is no part of an offer's trace: the few that are followed from their request on are answered alone.
    const alone = answers.filter(({ offer }) => this.followed.has(offer));
    const together = answers.filter(({ offer }) => !this.followed.has(offer));
    await concurrently(alone, answersInFlight, (answer) => this.#answerAlone(answer, {}));
    await this.#answerInBatches(together);
  }

  async #answerAlone(
    { offer, accept }: { readonly offer: Offer; readonly accept: boolean },
    as: Readonly<Record<string, string>>,
  ): Promise<void> {
    const options = { headers: { ...as, ...continuing(offer) } };
    if (accept) await this.mesh.allocation.acceptOffer({ name: offer.name }, options);
    else await this.mesh.allocation.declineOffer({ name: offer.name }, options);
  }

  async #answerInBatches(
    answers: readonly { readonly offer: Offer; readonly accept: boolean }[],
  ): Promise<void> {
    const parent = this.names.market;
    await concurrently(chunksOf(answers, answersPerBatch), batchesInFlight, async (chunk) => {
      const request = chunk.map(({ offer, accept }) => ({
        offer: offer.name,
        answer: accept ? OfferAnswer_Answer.ACCEPT : OfferAnswer_Answer.DECLINE,
      }));
      const { offers } = await this.mesh.allocation.batchAnswerOffers(
        { parent, answers: request },
        { timeoutMs: 60_000 },
      );
      const refused = offers.find(({ reason }) => reason !== "");
      if (refused !== undefined)
        throw new Error(`offer ${idOf(refused.offer)} took no answer: ${refused.reason}`);
    });
  }
}
