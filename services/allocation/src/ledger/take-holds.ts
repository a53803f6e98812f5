import type { Tx } from "@marketmesh/postgres";
import { allocationOf, type Hold, type Offer } from "../domain/hold.ts";
import type { Claim, ClaimRefusal, Ledger, WantedClaim } from "../domain/ledger.ts";
import type { Side } from "../domain/level.ts";
import type { OfferRules } from "../domain/offer-rules.ts";
import { announceChanges } from "../events/outbox.ts";
import { insertAllocations } from "../storage/allocation-store.ts";
import type { Clock } from "../storage/clock-store.ts";
import { insertHolds } from "../storage/hold-store.ts";
import { insertOffers } from "../storage/offer-store.ts";
import { queueOverOffers } from "./offer-queue.ts";
import { offerTraces } from "./offer-traces.ts";
import { saveLedger } from "./open-ledger.ts";

/** Holds whose facts are announced with those of their levels. */
const factsTogether = 100;

/** A hold to take: a pair, and where it comes from. */
export interface WantedHold extends WantedClaim {
  readonly id: string;
  readonly score: number;
  readonly supplyScore: number;
  readonly plan: string;
  readonly round: string;
  readonly decision: string;
  readonly bundle?: string;
}

/** What follows a hold. */
export interface Terms {
  /** Nobody answers and `commit`: the hold becomes an allocation at once. */
  readonly answeredBy: Side | undefined;
  readonly commit: boolean;
  readonly expireTime: Date;
  /** What else the plan says of its offers; absent: nothing. */
  readonly rules?: OfferRules | undefined;
  /** What of an offer is other than that of a decision's first wave, by its id. */
  readonly made?: ReadonlyMap<string, Partial<Offer>>;
  /** More holds of the same decision were taken before these; see `offerTraces`. */
  readonly continued?: boolean;
}

/** A hold that was taken, or why not. */
export type TakenHold =
  | { readonly ok: true; readonly hold: Hold }
  | {
      readonly ok: false;
      readonly wanted: WantedHold;
      readonly reason: ClaimRefusal;
      readonly listingId: string;
    };

/** Claims one hold in the ledger; nothing is written. */
export function claimHold(ledger: Ledger, wanted: WantedHold, terms: Terms, now: Date): TakenHold {
  const claim = ledger.claim(wanted);
  if (!claim.ok) return { ok: false, wanted, reason: claim.reason, listingId: claim.listingId };
  return { ok: true, hold: holdOf(wanted, claim, terms, now) };
}

/** The hold of a claim that was made. */
export function holdOf(wanted: WantedHold, claim: Claim, terms: Terms, now: Date): Hold {
  const { place: _, ...given } = wanted;
  return {
    ...given,
    ...(claim.place && { place: claim.place }),
    groupValue: claim.groupValue,
    state: "HELD",
    demandOwner: claim.demand.ownerParty,
    supplyOwner: claim.supply.ownerParty,
    offered: terms.answeredBy !== undefined,
    expireTime: terms.expireTime,
    createTime: now,
    settleTime: undefined,
    releasedUnits: 0,
    remainderOf: "",
    version: 1,
  };
}

/**
 * Writes claimed holds with their offers, or as allocations, levels and facts. All of them are new: their ids were
 * looked up under the locks of their levels.
 */
export async function writeHolds(
  tx: Tx,
  market: string,
  ledger: Ledger,
  claimed: readonly Hold[],
  terms: Terms,
  clock: Clock,
): Promise<readonly Hold[]> {
  const now = clock.time;
  const commit = terms.answeredBy === undefined && terms.commit;
  const holds = commit ? claimed.map((hold) => confirmAtOnce(ledger, hold, now)) : claimed;
  // Statements run one after the other; what comes next is made ready while Postgres works.
  const inserted = insertHolds(tx, market, holds);
  const traces =
    terms.answeredBy === undefined ? new Map<string, string>() : offerTraces(market, holds, !terms.continued);
  const offers =
    terms.answeredBy === undefined
      ? []
      : holds.map((hold) => offerOf(hold, terms, now, traces.get(hold.id) ?? ""));
  const offered = insertOffers(tx, market, offers);
  const allocations = commit ? holds.map((hold) => allocationOf(hold, now)) : [];
  const allocated = insertAllocations(tx, market, allocations);
  const saved = saveLedger(tx, market, ledger, clock.wallTime);
  const claims = { holds: [...(commit ? claimed : []), ...holds], offers, allocations, traces };
  // A few facts go in one statement, many while the levels are written.
  const few = holds.length <= factsTogether;
  const announced = few ? undefined : announceChanges(tx, market, claims);
  const [known, levels] = await Promise.all([inserted, saved, offered, allocated, announced]);
  if (known.size !== holds.length) throw new Error("a hold that was to be taken is there already");
  // Those beside or after a first wave have none of their own.
  if (!terms.made) await queueOverOffers(tx, market, offers);
  await announceChanges(tx, market, few ? { ...claims, levels } : { levels });
  return holds;
}

function confirmAtOnce(ledger: Ledger, hold: Hold, now: Date): Hold {
  ledger.confirm(hold);
  return { ...hold, state: "CONFIRMED", settleTime: now, version: 2 };
}

function offerOf(hold: Hold, { answeredBy, rules, made }: Terms, now: Date, traceparent: string): Offer {
  const windowMs = hold.expireTime.getTime() - now.getTime();
  const kept = rules && { ...rules, windowMs, over: rules.overOfferPerUnit > 1 };
  const [party, counterParty] =
    answeredBy === "DEMAND" ? [hold.demandOwner, hold.supplyOwner] : [hold.supplyOwner, hold.demandOwner];
  return {
    id: hold.id,
    demand: hold.demand,
    supply: hold.supply,
    units: hold.units,
    score: hold.score,
    answeringParty: party,
    state: "MADE",
    plan: hold.plan,
    round: hold.round,
    decision: hold.decision,
    expireTime: hold.expireTime,
    createTime: hold.createTime,
    answerTime: undefined,
    version: 1,
    traceparent,
    wave: 1,
    replaces: "",
    declineReason: "",
    reasonText: "",
    surplus: false,
    terms: undefined,
    termsBefore: undefined,
    counterRounds: 0,
    turn: "PARTY",
    counterParty,
    rules: kept,
    ...made?.get(hold.id),
  };
}
