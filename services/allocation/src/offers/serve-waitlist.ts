import type { Tx } from "@marketmesh/postgres";
import type { Hold } from "../domain/hold.ts";
import { holdIdOf } from "../domain/hold-id.ts";
import { pairOf, type WaitlistEntry } from "../domain/waitlist.ts";
import { announceWaitlist } from "../events/outbox.ts";
import { LeftOut } from "../ledger/left-out.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { claimHold, type Terms, writeHolds } from "../ledger/take-holds.ts";
import { topics } from "../rounds/signals.ts";
import { holdClock } from "../storage/clock-store.ts";
import { readPlan } from "../storage/plan-store.ts";
import {
  type EntryFilter,
  lockReadyEntries,
  type ReadyListing,
  readReadyListings,
  saveEntry,
} from "../storage/waitlist-store.ts";
import type { OfferDeps } from "./offer-deps.ts";

/** Entries of one transaction. */
const entriesMax = 20;
/** Listings of one pass. */
const listingsMax = 100;
const passedMax = 10_000;
const pollMs = 500;

/**
 * Gives who waits an offer as soon as both sides have something left, whatever gave it back: the entries are the queue. The highest
 * score is served first, then who came first. Who cannot be served just now (an embargo, a group, a plan that nobody answers any
 * more) is passed by until all others had their turn, and so is a listing.
 */
export async function serveWaitlists(deps: OfferDeps, signal: AbortSignal): Promise<void> {
  const { database, signals, log } = deps;
  const start: ReadyListing = { market: "", listing: "" };
  let last = start;
  // The entry of a listing up to which nobody could be served.
  const passed = new Map<string, string>();
  const leftOut = new LeftOut(log, "a waitlist was not served");
  while (!signal.aborted) {
    const from = last;
    const ready = await database.background((tx) => readReadyListings(tx, from, listingsMax));
    last = ready.length < listingsMax ? start : ready.at(-1)!;
    if (passed.size > passedMax) passed.clear();
    let served = 0;
    for (const one of ready) {
      const key = `${one.market}/${one.listing}`;
      if (leftOut.has(key)) continue;
      const behind = passed.get(key) ?? "";
      passed.delete(key);
      const serving = async (filter: EntryFilter): Promise<number> => {
        const run = await database.background((tx) => serveListing(tx, one, behind, filter), {
          mayRepeat: true,
        });
        if (run.passed !== "") passed.set(key, run.passed);
        return run.served;
      };
      served += await leftOut.work(key, {
        all: () => serving({ leftOut: leftOut.rows }),
        rows: () => database.background((tx) => readyIds(tx, one, behind, leftOut.rows)),
        some: (only) => serving({ only }),
      });
    }
    if (served === 0) await signals.wait(topics.offersSettled, pollMs, signal);
  }
}

async function readyIds(
  tx: Tx,
  ready: ReadyListing,
  behind: string,
  leftOut: readonly string[],
): Promise<string[]> {
  const entries = await lockReadyEntries(tx, ready, behind, entriesMax, { leftOut });
  return entries.map(({ id }) => id);
}

/** What became of some who wait for a listing. */
export interface ServedRun {
  readonly served: number;
  /** The entry up to which nobody could be served, when others wait behind it; empty: begin with the first again. */
  readonly passed: string;
}

/** Serves the first who wait for a listing by the same plan, behind those that are passed by. */
export async function serveListing(
  tx: Tx,
  ready: ReadyListing,
  behind = "",
  filter: EntryFilter = {},
): Promise<ServedRun> {
  const { market } = ready;
  const clock = await holdClock(tx, market);
  const entries = await lockReadyEntries(tx, ready, behind, entriesMax, filter);
  const [first] = entries;
  if (!first) return { served: 0, passed: "" };
  const { plan } = first;
  const end = entries.findIndex((entry) => entry.plan !== plan);
  const waiting = end < 0 ? entries : entries.slice(0, end);
  const more = waiting.length < entries.length || entries.length === entriesMax;
  const none = { served: 0, passed: more ? waiting.at(-1)!.id : "" };
  const found = await readPlan(tx, market, plan);
  if (found?.answeredBy === undefined) return none;
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
  if (served.length === 0) return none;
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
  return { served: served.length, passed: "" };
}
