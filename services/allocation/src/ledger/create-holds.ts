import type { Tx } from "@marketmesh/postgres";
import type { Hold } from "../domain/hold.ts";
import type { ClaimRefusal, WantedClaim } from "../domain/ledger.ts";
import { holdClock } from "../storage/clock-store.ts";
import { openLedger } from "./open-ledger.ts";
import { claimHold, writeHolds } from "./take-holds.ts";

/** A pair that somebody wants held, by nobody's decision. */
export interface AskedHold extends WantedClaim {
  readonly id: string;
  /** Undefined: 15 minutes from now. */
  readonly expireTime: Date | undefined;
  /** The party that asks, which may hold its own listings alone; undefined: the market's staff. */
  readonly party: string | undefined;
}

/** What became of it; times by the market clock. */
export type CreatedHold =
  | { readonly ok: true; readonly hold: Hold }
  | {
      readonly ok: false;
      readonly reason: "RESOURCE_NOT_ACCESSIBLE" | ClaimRefusal;
      readonly listingId: string;
    }
  | {
      readonly ok: false;
      readonly reason: "EXPIRE_TIME_PAST";
      readonly expireTime: Date;
      readonly marketTime: Date;
    };

const holdMsDefault = 15 * 60_000;

/** Takes holds in the order given, each by itself, in one ledger. */
export async function createHolds(
  tx: Tx,
  market: string,
  asked: readonly AskedHold[],
): Promise<readonly CreatedHold[]> {
  const clock = await holdClock(tx, market);
  const { time } = clock;
  const ledger = await openLedger(
    tx,
    market,
    asked.flatMap(({ demand, supply }) => [demand, supply]),
  );
  const outcomes = asked.map((wanted): CreatedHold => {
    const hidden = [wanted.demand, wanted.supply].find(
      (listing) => wanted.party !== undefined && ledger.levelOf(listing)?.ownerParty !== wanted.party,
    );
    if (hidden !== undefined) return { ok: false, reason: "RESOURCE_NOT_ACCESSIBLE", listingId: hidden };
    const expireTime = wanted.expireTime ?? new Date(time.getTime() + holdMsDefault);
    if (expireTime <= time) return { ok: false, reason: "EXPIRE_TIME_PAST", expireTime, marketTime: time };
    return claimHold(ledger, { ...wanted, ...nobodysDecision }, { ...terms, expireTime }, time);
  });
  const claimed = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.hold] : []));
  if (claimed.length > 0)
    await writeHolds(tx, market, ledger, claimed, { ...terms, expireTime: time }, clock);
  return outcomes;
}

const terms = { answeredBy: undefined, commit: false } as const;
const nobodysDecision = { score: 0, supplyScore: 0, plan: "", round: "", decision: "" } as const;
