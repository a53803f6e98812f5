import type { Claim, Ledger } from "./ledger.ts";
import { wantedOf } from "./level.ts";
import { type PlanContent, unitsOfPair } from "./plan.ts";

/** One supply that a demand may take. */
export interface Candidate {
  readonly supply: string;
  readonly demandScore: number;
  readonly supplyScore: number;
}

/** A demand and what it may take, best first. */
export interface DemandChoices {
  readonly demand: string;
  readonly candidates: readonly Candidate[];
  /** Whether more are eligible than are listed here. */
  readonly more: boolean;
}

/** A supply that a demand takes. */
export interface Pick extends Candidate {
  readonly demand: string;
  readonly units: number;
  readonly claim: Claim;
}

/** What became of a batch: every pick, or what is missing to decide it. */
export type Picked =
  | { readonly kind: "DECIDED"; readonly picks: readonly Pick[] }
  /** Somebody was faster: supplies that are not locked have to be looked at. */
  | { readonly kind: "LOCK_MORE" }
  /** These demands have used up what was ranked, and more is eligible. */
  | { readonly kind: "RANK_MORE"; readonly demands: readonly string[] };

type UnitMode = { readonly unitMode: PlanContent["unitMode"] };

/** Listings to lock. */
export interface ToLock {
  readonly listings: ReadonlySet<string>;
  /** Demands whose candidates were used up before everything that they want, or a reserve, was found. */
  readonly short: ReadonlySet<string>;
}

/**
 * What is to be locked before deciding: each demand, what it would take as things stand, and the next `spare` supplies that
 * are left for it in case somebody is faster. `ledger` holds levels as they are, unlocked; its claims are thrown away.
 */
export function listingsToLock(
  plan: UnitMode,
  ledger: Ledger,
  batch: readonly DemandChoices[],
  spare: number,
): ToLock {
  const listings = new Set<string>();
  const short = new Set<string>();
  for (const { demand, candidates } of batch) {
    listings.add(demand);
    let wanted = openUnits(ledger, demand);
    if (wanted === 0) continue;
    let spares = spare;
    const units = unitsOfPair(plan, wanted);
    for (const { supply } of candidates) {
      if (wanted === 0 && spares === 0) break;
      const refusal = ledger.supplyRefusal({ demand, supply, units });
      if (refusal) continue;
      listings.add(supply);
      if (wanted === 0) spares--;
      else if (ledger.claim({ demand, supply, units }).ok) wanted -= units;
    }
    if (wanted > 0 || spares > 0) short.add(demand);
  }
  return { listings, short };
}

/**
 * Serves demands in the order given: each takes its best supplies that can still be claimed, until it is filled.
 *
 * @param ledger locked levels of demands and of the supplies that may be looked at
 * @param isTaken whether a supply that is not locked had nothing left for the demand when the locks were chosen
 */
export function pickSupplies(
  plan: UnitMode,
  ledger: Ledger,
  batch: readonly DemandChoices[],
  isTaken: (demand: string, supply: string, units: number) => boolean,
): Picked {
  const picks: Pick[] = [];
  const unranked: string[] = [];
  for (const { demand, candidates, more } of batch) {
    let wanted = openUnits(ledger, demand);
    const units = unitsOfPair(plan, wanted);
    for (const candidate of candidates) {
      if (wanted === 0) break;
      const { supply } = candidate;
      if (!ledger.levelOf(supply)) {
        if (isTaken(demand, supply, units)) continue;
        return { kind: "LOCK_MORE" };
      }
      const claim = ledger.claim({ demand, supply, units });
      if (!claim.ok) continue;
      picks.push({ ...candidate, demand, units, claim });
      wanted -= units;
    }
    if (wanted > 0 && more) unranked.push(demand);
  }
  return unranked.length > 0 ? { kind: "RANK_MORE", demands: unranked } : { kind: "DECIDED", picks };
}

function openUnits(ledger: Ledger, demand: string): number {
  const level = ledger.levelOf(demand);
  return level ? wantedOf(level) : 0;
}
