import type { Hold, Offer } from "../domain/hold.ts";
import { holdIdOf } from "../domain/hold-id.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Side } from "../domain/level.ts";
import { nextWindowMs } from "../domain/offer-rules.ts";
import type { Candidate } from "../domain/pick-supplies.ts";
import { claimHold } from "../ledger/take-holds.ts";
import type { OfferJob } from "../storage/offer-job-store.ts";

/** What a job led to. */
export interface FilledJob {
  readonly holds: readonly Hold[];
  /** What of their offers is other than that of a first wave, by id. */
  readonly made: ReadonlyMap<string, Partial<Offer>>;
}

/**
 * Claims the best of the candidates that are left, as many as are wanted; they are in the ledger. Nothing is written.
 *
 * @param offered whether an offer waits that claims units of the demand: who is over has somebody to take the claim over from
 */
export function takeNextBest(
  market: string,
  ledger: Ledger,
  job: OfferJob,
  candidates: readonly Candidate[],
  answeredBy: Side,
  offered: boolean,
  now: Date,
): FilledJob {
  const { demand, units, plan, round, decision, rules, kind, wave } = job;
  const windowMs = wave > 1 ? nextWindowMs(rules) : rules.windowMs;
  const terms = { answeredBy, commit: false, expireTime: new Date(now.getTime() + windowMs) };
  const replaces = kind === "BACKFILL" ? job.offer : "";
  const holds: Hold[] = [];
  let claimed = offered;
  for (const { supply, demandScore: score, supplyScore } of candidates) {
    if (holds.length === job.wanted) break;
    const id = holdIdOf(market, `${kind.toLowerCase()}/${job.offer}`, demand, supply);
    const wanted = { id, demand, supply, units, score, supplyScore, plan, round, decision };
    const over = { ...wanted, demandUnits: 0 };
    const first = claimHold(ledger, kind === "OVER_OFFER" && claimed ? over : wanted, terms, now);
    // All that the demand wants is claimed by offers that are open: this one is over.
    const ofDemand = !first.ok && first.reason === "CAPACITY_EXHAUSTED" && first.listingId === demand;
    const taken = ofDemand && rules.over && claimed ? claimHold(ledger, over, terms, now) : first;
    claimed ||= taken.ok && isClaiming(taken.hold);
    if (taken.ok) holds.push(taken.hold);
    else if (taken.listingId === demand) break;
  }
  const made = { wave, replaces, rules: { ...rules, windowMs } };
  return { holds, made: new Map(holds.map(({ id }) => [id, made])) };
}

/** Whether the hold claims units of its demand, not of its supply alone. */
export function isClaiming({ demandUnits }: Hold): boolean {
  return demandUnits !== 0;
}
