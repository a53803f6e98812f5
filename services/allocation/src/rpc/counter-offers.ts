import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { OfferService } from "@marketmesh/contracts/allocation/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { activeTraceparent } from "@marketmesh/telemetry";
import type { Offer } from "../domain/hold.ts";
import type { Turn } from "../domain/negotiation.ts";
import { answerOffers } from "../ledger/answer-offers.ts";
import { counterOffer, declineCounterOffer, type Spoken } from "../offers/counter-offer.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { readCounterOffers } from "../storage/counter-offer-store.ts";
import { readOffers } from "../storage/offer-store.ts";
import { isFresh } from "./etag.ts";
import { toOfferMessage } from "./hold-message.ts";
import { nameOf, patterns } from "./names.ts";
import { fromTermsMessage, toCounterOfferMessage } from "./negotiation-message.ts";
import { found, notYourTurn, refuse } from "./problem.ts";

const methods = OfferService.method;
type Methods = Pick<
  ServiceImpl<typeof OfferService>,
  "counterOffer" | "acceptCounterOffer" | "declineCounterOffer" | "listCounterOffers"
>;

export function counterOffers(shell: Shell): Methods {
  return {
    counterOffer: (request, context) => {
      const { market, offer: id } = idsOf(patterns.offer, request.name);
      const terms = fromTermsMessage(request.terms!);
      if (Object.keys({ ...terms.amounts, ...terms.words }).length === 0)
        throw invalidField("terms", "names nothing");
      const mutation = { method: methods.counterOffer, market, request };
      return mutate(shell, context, mutation, async (tx, caller) => {
        const seen = await seenBy(tx, market, id, caller, request.name);
        const by =
          seen.answeringParty === seen.counterParty || !caller.party ? seen.turn : sideOf(seen, caller);
        const spoken = await counterOffer(tx, market, id, { by, ...freshOf(request) }, terms, request.text);
        return spokenMessage(market, request.name, spoken);
      });
    },

    acceptCounterOffer: async (request, context) => {
      const { market, offer: id } = idsOf(patterns.offer, request.name);
      const response = await accept(shell, context, market, id, request);
      shell.signals.tell(topics.offersSettled);
      return response;
    },

    declineCounterOffer: (request, context) => {
      const { market, offer: id } = idsOf(patterns.offer, request.name);
      const mutation = { method: methods.declineCounterOffer, market, request };
      return mutate(shell, context, mutation, async (tx, caller) => {
        await assertCounterParty(tx, market, id, caller, request.name);
        const speech = { by: "COUNTER_PARTY", ...freshOf(request) } as const;
        const { offer } = spokenMessage(
          market,
          request.name,
          await declineCounterOffer(tx, market, id, speech),
        );
        return { offer };
      });
    },

    listCounterOffers: (request, context) => {
      const { market, offer: id } = idsOf(patterns.offer, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const [offer] = await readOffers(tx, market, [id]);
        found(offer, caller, "OFFER_NOT_FOUND", request.name);
        const counters = await readCounterOffers(tx, market, id);
        return { counterOffers: counters.map((counter) => toCounterOfferMessage(market, counter)) };
      });
    },
  };
}

interface OneOffer {
  readonly name: string;
  readonly etag: string;
  readonly requestId: string;
}

function accept(shell: Shell, context: HandlerContext, market: string, id: string, request: OneOffer) {
  const mutation = { method: methods.acceptCounterOffer, market, request: request as never };
  return mutate(shell, context, mutation, async (tx, caller) => {
    await assertCounterParty(tx, market, id, caller, request.name);
    const by = "COUNTER_PARTY" as const;
    const given = {
      offer: id,
      answer: "ACCEPT",
      by,
      ...freshOf(request),
      traceparent: activeTraceparent(),
    } as const;
    const { offer, refusal } = (await answerOffers(tx, market, [given])).get(id)!;
    shell.telemetry.offersAnswered(refusal ? 0 : 1, 0, refusal ? 1 : 0);
    if (!refusal) return { offer: toOfferMessage(market, offer) };
    if (refusal === "CAPACITY_EXHAUSTED") {
      const listing = nameOf(market, "listings", offer.demand);
      throw refuse(refusal, `${request.name}: others were faster`, { listing });
    }
    throw refusalOf(request.name, offer, refusal);
  });
}

function freshOf({ etag }: { readonly etag: string }) {
  return { isFresh: (version: number) => isFresh(etag, version) };
}

/** The offer as the caller sees it, then the market's hands. */
async function seenBy(tx: Tx, market: string, id: string, caller: Caller, name: string): Promise<Offer> {
  const [offer] = await readOffers(tx, market, [id]);
  const seen = found(offer, caller, "OFFER_NOT_FOUND", name);
  await actAsMarket(tx);
  return seen;
}

/** Likewise, of who answers counter-offers; the market's staff speaks for either side. */
async function assertCounterParty(tx: Tx, market: string, id: string, caller: Caller, name: string) {
  const seen = await seenBy(tx, market, id, caller, name);
  const mine = caller.reach !== "PARTY" || seen.counterParty === caller.party;
  if (!mine) throw notYourTurn(name);
}

function sideOf(offer: Offer, caller: Caller): Turn {
  return offer.answeringParty === caller.party ? "PARTY" : "COUNTER_PARTY";
}

function spokenMessage(market: string, name: string, spoken: Spoken) {
  if (!spoken.ok) throw refusalOf(name, spoken.offer, spoken.reason);
  const { offer, counter } = spoken;
  return { offer: toOfferMessage(market, offer), counterOffer: toCounterOfferMessage(market, counter) };
}

function refusalOf(name: string, offer: Offer, reason: Exclude<Spoken, { ok: true }>["reason"]) {
  if (reason === "ETAG_MISMATCH") return staleEtag(name);
  if (reason === "OFFER_NOT_YOUR_TURN") return notYourTurn(name);
  if (reason === "OFFER_EXPIRED") return refuse(reason, `${name} has expired`, { offer: name });
  if (reason === "OFFER_SETTLED")
    return refuse(reason, `${name} is ${offer.state}`, { offer: name, state: offer.state });
  const roundsMax = String(offer.rules?.counterRoundsMax ?? 0);
  return refuse(reason, `${name} was countered as often as may be`, { offer: name, roundsMax });
}
