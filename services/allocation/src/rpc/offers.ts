import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { AllocationService, type DeclineReason } from "@marketmesh/contracts/allocation/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, callerOf, idsOf, listById, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { activeTraceparent } from "@marketmesh/telemetry";
import type { Answer, Offer } from "../domain/hold.ts";
import { type AnsweredOffer, answerOffers, type GivenAnswer } from "../ledger/answer-offers.ts";
import { lockOffered } from "../ledger/lock-offered.ts";
import { settleHolds } from "../ledger/settle-holds.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { holdClock } from "../storage/clock-store.ts";
import { listOffers, readOffers } from "../storage/offer-store.ts";
import { isFresh } from "./etag.ts";
import { fromOfferState, toOfferMessage } from "./hold-message.ts";
import { joinLate, orLate } from "./join-late.ts";
import { listingOf, nameOf, partyOf, patterns, roundOf } from "./names.ts";
import { fromDeclineReason } from "./negotiation-message.ts";
import { found, notYourTurn, refuse } from "./problem.ts";

const methods = AllocationService.method;
type Methods = Pick<
  ServiceImpl<typeof AllocationService>,
  "getOffer" | "listOffers" | "acceptOffer" | "declineOffer" | "rescindOffer"
>;

/** A party sees and answers the offers that are put to it: row security picks them, the market's hands carry it out. */
export function offers(shell: Shell): Methods {
  return {
    getOffer: (request, context) => {
      const { market, offer: id } = idsOf(patterns.offer, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const [offer] = await readOffers(tx, market, [id]);
        return { offer: toOfferMessage(market, found(offer, caller, "OFFER_NOT_FOUND", request.name)) };
      });
    },

    listOffers: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const filter = {
        state: fromOfferState(request.state),
        round: roundOf(market, request.round, "round"),
        party: partyOf(market, request.party, "party"),
        demand: listingOf(market, request.demand, "demand"),
      };
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["offers", market, filter], (after, limit) =>
          listOffers(tx, market, filter, after, limit),
        ),
      );
      return { offers: rows.map((offer) => toOfferMessage(market, offer)), nextPageToken };
    },

    acceptOffer: async (request, context) => {
      const { market } = idsOf(patterns.offer, request.name);
      if (request.requestId === "") return answerGrouped(shell, request, callerOf(context), "ACCEPT");
      const mutation = { method: methods.acceptOffer, market, request };
      const work = (tx: Tx, caller: Caller) => answerAlone(shell, tx, caller, request, "ACCEPT");
      const late = () => joinLate(shell, request.name);
      return told(shell, await mutate(shell, context, mutation, work).catch(orLate(late)));
    },

    declineOffer: async (request, context) => {
      const { market } = idsOf(patterns.offer, request.name);
      const said = saidOf(request);
      if (request.requestId === "") return answerGrouped(shell, request, callerOf(context), "DECLINE", said);
      const mutation = { method: methods.declineOffer, market, request };
      const work = (tx: Tx, caller: Caller) => answerAlone(shell, tx, caller, request, "DECLINE", said);
      return told(shell, await mutate(shell, context, mutation, work));
    },

    rescindOffer: async (request, context) => told(shell, await rescind(shell, request, context)),
  };
}

interface OneOffer {
  readonly name: string;
  readonly etag: string;
}

/** Together with others that come now. An answer whose request id has to be remembered with it goes alone. */
async function answerGrouped(
  shell: Shell,
  request: OneOffer,
  caller: Caller,
  answer: Answer,
  said: Said = {},
) {
  const { market, offer } = idsOf(patterns.offer, request.name);
  const isFreshNow = (version: number) => isFresh(request.etag, version);
  const outcome = await shell.answers.answer(market, {
    caller,
    offer,
    answer,
    isFresh: isFreshNow,
    ...said,
    traceparent: activeTraceparent(),
  });
  const seen = outcome === "HIDDEN" ? undefined : outcome;
  const answered = found(seen, caller, "OFFER_NOT_FOUND", request.name);
  if (answer === "ACCEPT" && answered.refusal) await joinLate(shell, request.name);
  return told(shell, answerOf(shell, market, request, answer, answered));
}

async function answerAlone(
  shell: Shell,
  tx: Tx,
  caller: Caller,
  request: OneOffer,
  answer: Answer,
  said: Said = {},
) {
  const { market, offer } = await seenOffer(tx, caller, request);
  const isFreshNow = (version: number) => isFresh(request.etag, version);
  const given = { offer, answer, isFresh: isFreshNow, ...said, traceparent: activeTraceparent() };
  const answered = (await answerOffers(tx, market, [given])).get(offer)!;
  return answerOf(shell, market, request, answer, answered);
}

/** What is said with a no. */
type Said = Pick<GivenAnswer, "declineReason" | "reasonText">;

function saidOf({
  reason,
  reasonText,
}: {
  readonly reason: DeclineReason;
  readonly reasonText: string;
}): Said {
  return { declineReason: fromDeclineReason(reason), reasonText };
}

function answerOf(
  shell: Shell,
  market: string,
  request: OneOffer,
  answer: Answer,
  { offer, refusal }: AnsweredOffer,
) {
  shell.telemetry.offersAnswered(...countsOf(answer, refusal));
  if (refusal === "OFFER_EXPIRED")
    throw refuse(refusal, `${request.name} has expired`, { offer: request.name });
  if (refusal === "ETAG_MISMATCH") throw staleEtag(request.name);
  if (refusal === "OFFER_NOT_YOUR_TURN") throw notYourTurn(request.name);
  if (refusal === "CAPACITY_EXHAUSTED") {
    const listing = nameOf(market, "listings", offer.demand);
    throw refuse(refusal, `${request.name}: others were faster`, { listing });
  }
  if (refusal) refuseSettled(request.name, offer);
  return { offer: toOfferMessage(market, offer) };
}

function countsOf(answer: Answer, refusal: string | undefined): [number, number, number] {
  if (refusal) return [0, 0, 1];
  return answer === "ACCEPT" ? [1, 0, 0] : [0, 1, 0];
}

function rescind(
  shell: Shell,
  request: OneOffer & { readonly requestId: string; readonly reasonText: string },
  context: HandlerContext,
) {
  const { market } = idsOf(patterns.offer, request.name);
  const mutation = { method: methods.rescindOffer, market, request: request as never };
  return mutate(shell, context, mutation, async (tx, caller) => {
    const { offer: id } = await seenOffer(tx, caller, request);
    const clock = await holdClock(tx, market);
    const { holds, siblings } = await lockOffered(tx, market, [id]);
    const hold = holds.get(id);
    const [offer] = await readOffers(tx, market, [id]);
    if (offer!.state === "RESCINDED") return { offer: toOfferMessage(market, offer!) };
    if (!isFresh(request.etag, offer!.version)) throw staleEtag(request.name);
    if (offer!.state !== "MADE") refuseSettled(request.name, offer!);
    const traceparent = activeTraceparent();
    const said = { traceparent, reasonText: request.reasonText };
    const settlement = { hold: hold!, to: "RELEASED", rescinded: true, ...said } as const;
    const settled = await settleHolds(tx, market, [settlement], clock, { siblings });
    return { offer: toOfferMessage(market, settled.offers.find((one) => one.id === id)!) };
  });
}

/** The offer of the caller, then the market's hands. The other side may see it, but does not answer it. */
async function seenOffer(tx: Tx, caller: Caller, request: OneOffer) {
  const ids = idsOf(patterns.offer, request.name);
  const [seen] = await readOffers(tx, ids.market, [ids.offer]);
  const own = caller.reach !== "PARTY" || seen?.answeringParty === caller.party;
  found(own ? seen : undefined, caller, "OFFER_NOT_FOUND", request.name);
  await actAsMarket(tx);
  return ids;
}

function refuseSettled(name: string, offer: Offer): never {
  throw refuse("OFFER_SETTLED", `${name} is ${offer.state}`, { offer: name, state: offer.state });
}

function told<T>(shell: Shell, response: T): T {
  shell.signals.tell(topics.offersSettled);
  return response;
}
