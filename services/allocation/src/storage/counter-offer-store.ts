import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { CounterOffer, OfferTerms, Turn } from "../domain/negotiation.ts";
import { fromJson, jsonOf } from "./json.ts";
import { dateOf, type Timestamp } from "./time.ts";

interface CounterRow extends Record<string, unknown> {
  readonly offer: string;
  readonly round: number;
  readonly side: Turn;
  readonly terms: OfferTerms | string;
  readonly words: string;
  readonly state: CounterOffer["state"];
  readonly create_time: Timestamp;
}

export async function insertCounterOffer(tx: Tx, market: string, counter: CounterOffer): Promise<void> {
  const { offer, round, by, terms, text, state, createTime } = counter;
  await tx.execute(sql`
    insert into counter_offers (market, bucket, offer, round, side, terms, words, state, create_time)
    values (${market}, ${bucketOf(offer)}, ${offer}, ${round}, ${by}, ${jsonOf(terms)}::text::jsonb, ${text}, ${state},
      ${createTime.toISOString()})`);
}

/** Says what became of a counter-offer that waited, of an offer whose hold is locked; undefined: it did not wait any more. */
export async function saveCounterState(
  tx: Tx,
  market: string,
  offer: string,
  round: number,
  state: CounterOffer["state"],
): Promise<CounterOffer | undefined> {
  const [row] = await tx.execute<CounterRow>(sql`
    update counter_offers set state = ${state}
    where market = ${market} and bucket = ${bucketOf(offer)} and offer = ${offer} and round = ${round}
      and state = 'MADE'
    returning offer, round, side, terms, words, state, create_time`);
  return row && counterOf(row);
}

/** Counter-offers that wait end with their offers, whose holds are locked. */
export async function endCounterOffers(
  tx: Tx,
  market: string,
  ended: readonly Pick<CounterOffer, "offer" | "state">[],
): Promise<void> {
  if (ended.length === 0) return;
  await tx.execute(sql`
    update counter_offers c set state = given.state from ${columns(ended, {
      bucket: ["int4", ({ offer }) => bucketOf(offer)],
      offer: ["text", ({ offer }) => offer],
      state: ["text", ({ state }) => state],
    })}
    where c.market = ${market} and c.bucket = given.bucket and c.offer = given.offer and c.state = 'MADE'`);
}

/** Those of one offer that the transaction's caller may see, by round. At most 100: there are no more than 20. */
export async function readCounterOffers(tx: Tx, market: string, offer: string): Promise<CounterOffer[]> {
  const rows = await tx.execute<CounterRow>(sql`
    select offer, round, side, terms, words, state, create_time from counter_offers
    where market = ${market} and bucket = ${bucketOf(offer)} and offer = ${offer} order by round limit 100`);
  return rows.map(counterOf);
}

function counterOf(row: CounterRow): CounterOffer {
  return {
    offer: row.offer,
    round: row.round,
    by: row.side,
    terms: fromJson<OfferTerms>(row.terms)!,
    text: row.words,
    state: row.state,
    createTime: dateOf(row.create_time),
  };
}
