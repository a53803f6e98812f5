import type { Tx } from "@marketmesh/postgres";
import { type GroupClaim, Ledger } from "../domain/ledger.ts";
import type { Level } from "../domain/level.ts";
import { type DemandChoices, listingsToLock } from "../domain/pick-supplies.ts";
import type { Plan } from "../domain/plan.ts";
import { readCandidateLevels } from "../storage/capacity-store.ts";
import { readGroupClaims } from "../storage/group-claim-store.ts";

/** Choices of a demand, perhaps not all that are ranked. */
export type CutChoices = DemandChoices & { readonly cut: boolean };

/** What is locked for a batch, and what the unlocked levels said. */
export interface LookedAhead {
  readonly choices: readonly CutChoices[];
  /** Listings to lock: the demands, what they are expected to take, and what is in reserve. */
  readonly listings: ReadonlySet<string>;
  /** Levels as they were before the locks. */
  readonly unlocked: Ledger;
}

/** How far a batch looks. */
export interface Horizon {
  readonly market: string;
  readonly plan: Plan;
  /** Supplies to lock per demand beyond what it is expected to take. */
  readonly spare: number;
  /** Units that a demand is expected to want. */
  wanted(demand: string): number;
  readonly now: Date;
}

/** Candidates looked at beyond those that are expected to be locked. */
const lookedAtBeyond = 2;
/** Candidates looked at per supply in reserve, where the first ones have nothing left. */
const lookedAtPerSpare = 8;

/**
 * Chooses what to lock by levels that are read unlocked. Most demands find what they want among their first candidates;
 * for the others more of them are read, once: beyond that it is for the next attempt.
 */
export async function lookAhead(
  tx: Tx,
  all: readonly DemandChoices[],
  { market, plan, spare, wanted, now }: Horizon,
): Promise<LookedAhead> {
  const first = all.map((choice) => firstOf(choice, wanted(choice.demand) + spare + lookedAtBeyond));
  const few = await readSeen(tx, market, first, { levels: [], groups: [] });
  const soon = listingsToLock(plan, ledgerOf(few, now), first, spare);
  const short = new Set(first.filter(({ demand, cut }) => cut && soon.short.has(demand)));
  if (short.size === 0) return { choices: first, listings: soon.listings, unlocked: ledgerOf(few, now) };
  const choices = first.map((choice, at) =>
    short.has(choice) ? firstOf(all[at]!, spare * lookedAtPerSpare + 2 * wanted(choice.demand)) : choice,
  );
  const more = await readSeen(tx, market, choices, few);
  const { listings } = listingsToLock(plan, ledgerOf(more, now), choices, spare);
  return { choices, listings, unlocked: ledgerOf(more, now) };
}

function firstOf(choice: DemandChoices, count: number): CutChoices {
  const cut = choice.candidates.length > count;
  return cut
    ? { ...choice, candidates: choice.candidates.slice(0, count), more: true, cut }
    : { ...choice, cut };
}

interface Seen {
  readonly levels: readonly Level[];
  readonly groups: readonly GroupClaim[];
}

/** With what was seen before, which is not read again. */
async function readSeen(
  tx: Tx,
  market: string,
  choices: readonly DemandChoices[],
  before: Seen,
): Promise<Seen> {
  const known = new Set(before.levels.map(({ listingId }) => listingId));
  const ids = choices
    .flatMap(({ demand, candidates }) => [demand, ...candidates.map(({ supply }) => supply)])
    .filter((id) => !known.has(id));
  const levels = await readCandidateLevels(tx, market, ids);
  const exclusive = levels.filter(({ side, exclusiveGroup }) => side === "SUPPLY" && exclusiveGroup !== "");
  const groups = await readGroupClaims(
    tx,
    market,
    exclusive.map(({ listingId }) => listingId),
  );
  return { levels: [...before.levels, ...levels], groups: [...before.groups, ...groups] };
}

function ledgerOf({ levels, groups }: Seen, now: Date): Ledger {
  return new Ledger(levels, groups, now);
}
