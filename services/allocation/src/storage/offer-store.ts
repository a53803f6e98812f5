import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Offer, OfferState } from "../domain/hold.ts";
import type { OfferTerms, Turn } from "../domain/negotiation.ts";
import type { KeptRules } from "../domain/offer-rules.ts";
import { inChunks } from "./chunks.ts";
import { fromJson, jsonOf } from "./json.ts";
import { dateOf, optionalDateOf, type Timestamp } from "./time.ts";

interface OfferRow extends Record<string, unknown> {
  readonly id: string;
  readonly demand: string;
  readonly supply: string;
  readonly units: string;
  readonly score: number;
  readonly answering_party: string;
  readonly state: OfferState;
  readonly plan: string;
  readonly round: string;
  readonly decision: string;
  readonly expire_time: Timestamp;
  readonly create_time: Timestamp;
  readonly answer_time: Timestamp | null;
  readonly version: string;
  readonly traceparent: string;
  readonly wave: number;
  readonly replaces: string;
  readonly decline_reason: string;
  readonly reason_text: string;
  readonly surplus: boolean;
  readonly terms: OfferTerms | null;
  readonly terms_before: OfferTerms | null;
  readonly counter_rounds: number;
  readonly turn: Turn;
  readonly counter_party: string;
  readonly rules: KeptRules | null;
}

const fields = sql.raw(
  [
    ...["id", "demand", "supply", "units", "score", "answering_party", "state", "plan", "round", "decision"],
    ...["expire_time", "create_time", "answer_time", "version", "traceparent", "wave", "replaces"],
    ...["decline_reason", "reason_text", "surplus", "terms", "terms_before", "counter_rounds", "turn"],
    ...["counter_party", "rules"],
  ]
    .map((name) => `o.${name}`)
    .join(", "),
);

export async function insertOffers(tx: Tx, market: string, offers: readonly Offer[]): Promise<void> {
  for (const chunk of inChunks(offers)) {
    await tx.execute(sql`
      insert into offers (market, bucket, id, demand, supply, units, score, answering_party, state, plan, round, decision,
        expire_time, create_time, version, traceparent, wave, replaces, counter_party, rules)
      select ${market}, * from ${columns(chunk, {
        bucket: ["int4", (offer) => bucketOf(offer.id)],
        id: ["text", (offer) => offer.id],
        demand: ["text", (offer) => offer.demand],
        supply: ["text", (offer) => offer.supply],
        units: ["bigint", (offer) => offer.units],
        score: ["int4", (offer) => offer.score],
        answering_party: ["text", (offer) => offer.answeringParty],
        state: ["text", (offer) => offer.state],
        plan: ["text", (offer) => offer.plan],
        round: ["text", (offer) => offer.round],
        decision: ["text", (offer) => offer.decision],
        expire_time: ["timestamptz", (offer) => offer.expireTime],
        create_time: ["timestamptz", (offer) => offer.createTime],
        version: ["bigint", (offer) => offer.version],
        traceparent: ["text", (offer) => offer.traceparent],
        wave: ["int4", (offer) => offer.wave],
        replaces: ["text", (offer) => offer.replaces],
        counter_party: ["text", (offer) => offer.counterParty],
        rules: ["jsonb", (offer) => jsonOf(offer.rules)],
      })}`);
  }
}

/** Offers that the transaction's caller may see, in no order. An offer changes only under its hold's row lock. */
export async function readOffers(tx: Tx, market: string, ids: readonly string[]): Promise<Offer[]> {
  const offers: Offer[] = [];
  for (const chunk of inChunks(ids)) {
    const rows = await tx.execute<OfferRow>(sql`
      select ${fields} from offers o
      join ${columns(chunk, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
        on o.market = ${market} and o.bucket = given.bucket and o.id = given.id`);
    for (const row of rows) offers.push(offerOf(row));
  }
  return offers;
}

/** Which of the offers the transaction's caller may answer: the other side of an offer sees it too. */
export async function answerableOffers(tx: Tx, market: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.execute<{ id: string }>(sql`
    select o.id from offers o
    join ${columns(ids, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on o.market = ${market} and o.bucket = given.bucket and o.id = given.id
    where marketmesh.sees_whole_market() or o.answering_party = marketmesh.party()`);
  return new Set(rows.map(({ id }) => id));
}

/** Writes what may change of offers whose holds are locked. */
export async function saveOffers(tx: Tx, market: string, offers: readonly Offer[]): Promise<void> {
  for (const chunk of inChunks(offers)) {
    await tx.execute(sql`
      update offers o set state = given.state, expire_time = given.expire_time, answer_time = given.answer_time,
        version = given.version, decline_reason = given.decline_reason, reason_text = given.reason_text,
        surplus = given.surplus, terms = given.terms, terms_before = given.terms_before,
        counter_rounds = given.counter_rounds, turn = given.turn
      from ${columns(chunk, {
        bucket: ["int4", (offer) => bucketOf(offer.id)],
        id: ["text", (offer) => offer.id],
        state: ["text", (offer) => offer.state],
        expire_time: ["timestamptz", (offer) => offer.expireTime],
        answer_time: ["timestamptz", (offer) => offer.answerTime ?? null],
        version: ["bigint", (offer) => offer.version],
        decline_reason: ["text", (offer) => offer.declineReason],
        reason_text: ["text", (offer) => offer.reasonText],
        surplus: ["boolean", (offer) => offer.surplus],
        terms: ["jsonb", (offer) => jsonOf(offer.terms)],
        terms_before: ["jsonb", (offer) => jsonOf(offer.termsBefore)],
        counter_rounds: ["int4", (offer) => offer.counterRounds],
        turn: ["text", (offer) => offer.turn],
      })}
      where o.market = ${market} and o.bucket = given.bucket and o.id = given.id`);
  }
}

/** What a list of offers leaves out; undefined leaves out nothing. */
export interface OfferFilter {
  readonly state: OfferState | undefined;
  readonly round: string | undefined;
  readonly party: string | undefined;
  readonly demand: string | undefined;
}

export async function listOffers(
  tx: Tx,
  market: string,
  { state, round, party, demand }: OfferFilter,
  after: string,
  limit: number,
): Promise<Offer[]> {
  const rows = await tx.execute<OfferRow>(sql`
    select ${fields} from offers o where o.market = ${market} and o.id > ${after}
      ${state === undefined ? sql`` : sql`and o.state = ${state}`}
      ${round === undefined ? sql`` : sql`and o.round = ${round}`}
      ${party === undefined ? sql`` : sql`and o.answering_party = ${party}`}
      ${demand === undefined ? sql`` : sql`and o.demand = ${demand}`}
    order by o.id limit ${limit}`);
  return rows.map(offerOf);
}

/** Offers that still wait, by round; rounds without any are left out. Counted by their holds, which are indexed by state. */
export async function countOpenOffers(
  tx: Tx,
  market: string,
  rounds: readonly string[],
): Promise<Map<string, number>> {
  if (rounds.length === 0) return new Map();
  const rows = await tx.execute<{ round: string; open: string }>(sql`
    select h.round, count(*) as open from holds h
    where h.market = ${market} and h.state = 'HELD' and h.offered and h.round = any(${sql.param([...rounds])}::text[])
    group by h.round`);
  return new Map(rows.map((row) => [row.round, Number(row.open)]));
}

function offerOf(row: OfferRow): Offer {
  return {
    id: row.id,
    demand: row.demand,
    supply: row.supply,
    units: Number(row.units),
    score: row.score,
    answeringParty: row.answering_party,
    state: row.state,
    plan: row.plan,
    round: row.round,
    decision: row.decision,
    expireTime: dateOf(row.expire_time),
    createTime: dateOf(row.create_time),
    answerTime: optionalDateOf(row.answer_time),
    version: Number(row.version),
    traceparent: row.traceparent,
    wave: row.wave,
    replaces: row.replaces,
    declineReason: row.decline_reason,
    reasonText: row.reason_text,
    surplus: row.surplus,
    terms: fromJson<OfferTerms>(row.terms),
    termsBefore: fromJson<OfferTerms>(row.terms_before),
    counterRounds: row.counter_rounds,
    turn: row.turn,
    counterParty: row.counter_party,
    rules: fromJson<KeptRules>(row.rules),
  };
}
