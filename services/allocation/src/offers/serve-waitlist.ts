import type { Tx } from "@marketmesh/postgres";
import type { Hold } from "../domain/hold.ts";
import { holdIdOf } from "../domain/hold-id.ts";
import { pairOf, type WaitlistEntry } from "../domain/waitlist.ts";
import { announceWaitlist } from "../events/outbox.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { claimHold, type Terms, writeHolds } from "../ledger/take-holds.ts";
import { topics } from "../rounds/signals.ts";
import { holdClock } from "../storage/clock-store.ts";
import { readPlan } from "../storage/plan-store.ts";
import {
  lockReadyEntries,
  type ReadyListing,
  readReadyListings,
  saveEntry,
} from "../storage/waitlist-store.ts";
import type { OfferDeps } from "./offer-deps.ts";

/** Entries of one transaction. */
const entriesMax = 20;
const pollMs = 500;

/**
 * Gives who waits an offer as soon as both sides have something left, whatever gave it back: the entries are the queue. The highest
 * score is served first, then who came first.
 */
export async function serveWaitlists(deps: OfferDeps, signal: AbortSignal): Promise<void> {
  const { database, signals, log } = deps;
  while (!signal.aborted) {
    const ready = await database.background((tx) => readReadyListings(tx));
    let served = 0;
    for (const one of ready) {
      try {
        served += await database.background((tx) => serveListing(tx, one), { mayRepeat: true });
      } catch (error) {
        log.error("a waitlist was not served", { market: one.market, listing: one.listing, error });
      }
    }
    if (served === 0) await signals.wait(topics.offersSettled, pollMs, signal);
  }
}

/** Serves the first who wait for a listing; returns how many. */
export async function serveListing(tx: Tx, { market, listing, plan }: ReadyListing): Promise<number> {
  const clock = await holdClock(tx, market);
  const found = await readPlan(tx, market, plan);
  const entries = await lockReadyEntries(tx, market, listing, entriesMax);
  const waiting = entries.filter((entry) => entry.plan === plan);
  if (waiting.length === 0 || found?.answeredBy === undefined) return 0;
  const expireTime = new Date(clock.time.getTime() + found.acceptanceWindowMs);
  const terms: Terms = { answeredBy: found.answeredBy, commit: false, expireTime, rules: found.offers };
  const pairs = waiting.map(pairOf);
  const listings = pairs.flatMap(({ demand, supply }) => [demand, supply]);
  const ledger = await openLedger(tx, market, listings);
  const served: { entry: WaitlistEntry; hold: Hold }[] = [];
  for (const [at, entry] of waiting.entries()) {
    const { demand, supply } = pairs[at]!;
    const id = holdIdOf(market, `waitlist/${entry.id}`, demand, supply);
    const from = { plan, round: "", decision: "", score: entry.score, supplyScore: entry.score };
    const taken = claimHold(ledger, { ...from, id, demand, supply, units: 1 }, terms, clock.time);
    if (taken.ok) served.push({ entry, hold: taken.hold });
  }
  if (served.length === 0) return 0;
  await writeHolds(
    tx,
    market,
    ledger,
    served.map(({ hold }) => hold),
    terms,
    clock,
  );
  for (const { entry, hold } of served) {
    const after = { ...entry, state: "SERVED", offer: hold.id, version: entry.version + 1 } as const;
    await saveEntry(tx, market, after);
    await announceWaitlist(tx, market, after);
  }
  return served.length;
}
