import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  CounterOffer_State,
  type CounterOfferSchema,
  DeclineReason,
  Offer_Turn,
  type OfferTerms as OfferTermsMessage,
  type OfferTermsSchema,
  WaitlistEntry_State,
  type WaitlistEntrySchema,
} from "@marketmesh/contracts/allocation/v1";
import type { CounterOffer, OfferTerms } from "../domain/negotiation.ts";
import type { WaitlistEntry } from "../domain/waitlist.ts";
import { etagOf } from "./etag.ts";
import { nameOf } from "./names.ts";

export function toTermsMessage(terms: OfferTerms): MessageInitShape<typeof OfferTermsSchema> {
  const amounts = Object.entries(terms.amounts).map(([name, amount]) => [name, BigInt(amount)]);
  return { amounts: Object.fromEntries(amounts), words: { ...terms.words } };
}

export function fromTermsMessage(terms: OfferTermsMessage): OfferTerms {
  const amounts = Object.entries(terms.amounts).map(([name, amount]) => [name, String(amount)]);
  return { amounts: Object.fromEntries(amounts), words: { ...terms.words } };
}

/** Empty: nobody said. */
export function fromDeclineReason(reason: DeclineReason): string {
  const known = (Object.keys(DeclineReason) as (keyof typeof DeclineReason)[]).find(
    (name) => DeclineReason[name] === reason,
  );
  return known === undefined || known === "UNSPECIFIED" ? "" : known;
}

export function toDeclineReason(reason: string): DeclineReason {
  return DeclineReason[(reason || "UNSPECIFIED") as keyof typeof DeclineReason];
}

export function toCounterOfferMessage(
  market: string,
  counter: CounterOffer,
): MessageInitShape<typeof CounterOfferSchema> {
  return {
    offer: nameOf(market, "offers", counter.offer),
    round: counter.round,
    by: Offer_Turn[counter.by],
    terms: toTermsMessage(counter.terms),
    text: counter.text,
    state: CounterOffer_State[counter.state],
    createTime: timestampFromDate(counter.createTime),
  };
}

export function toWaitlistEntryMessage(
  market: string,
  entry: WaitlistEntry,
): MessageInitShape<typeof WaitlistEntrySchema> {
  return {
    name: nameOf(market, "waitlistEntries", entry.id),
    listing: nameOf(market, "listings", entry.listing),
    waitingListing: nameOf(market, "listings", entry.waitingListing),
    plan: nameOf(market, "plans", entry.plan),
    score: entry.score,
    state: WaitlistEntry_State[entry.state],
    offer: nameOf(market, "offers", entry.offer),
    version: BigInt(entry.version),
    etag: etagOf(entry.version),
    createTime: timestampFromDate(entry.createTime),
  };
}
