import { availableOf, claimed, confirmed, groupValueOf, type Level, released } from "./level.ts";

/** Why a claim was refused. */
export type ClaimRefusal =
  | "CAPACITY_NOT_FOUND"
  | "SIDE_INVALID"
  | "LISTING_NOT_OPEN"
  | "CAPACITY_EXHAUSTED"
  | "GROUP_EXHAUSTED";

/** A claim on both sides of a pair. */
export interface WantedClaim {
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
}

/** A claim that was taken; `groupValue` is set when the supply counts by an exclusive group. */
export interface Claim {
  readonly ok: true;
  readonly demand: Level;
  readonly supply: Level;
  readonly groupValue: string | undefined;
}

export type ClaimResult =
  | Claim
  | { readonly ok: false; readonly reason: ClaimRefusal; readonly listingId: string };

/** Claimed units of a pair, as a hold remembers them. */
export interface HeldUnits {
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
  readonly groupValue: string | undefined;
}

/** One unit of a supply that a group value has. */
export interface GroupClaim {
  readonly supply: string;
  readonly groupValue: string;
}

/** What a ledger did to units on hand of a level beyond the claims themselves. */
export interface OnHandChange {
  readonly level: Level;
  readonly delta: number;
}

/**
 * Locked levels and group claims of one transaction, and what became of them. Claims are decided one after the other;
 * a claim takes both sides or none. A level's version rises by one, however many claims touch it.
 */
export class Ledger {
  readonly #before: ReadonlyMap<string, Level>;
  readonly #levels: Map<string, Level>;
  readonly #groups = new Map<string, GroupClaim>();
  readonly #groupsBefore: ReadonlySet<string>;
  readonly #gone = new Map<string, GroupClaim>();

  constructor(levels: Iterable<Level>, groups: Iterable<GroupClaim>) {
    this.#levels = new Map([...levels].map((level) => [level.listingId, level]));
    this.#before = new Map(this.#levels);
    for (const group of groups) this.#groups.set(keyOf(group.supply, group.groupValue), group);
    this.#groupsBefore = new Set(this.#groups.keys());
  }

  levelOf(listingId: string): Level | undefined {
    return this.#levels.get(listingId);
  }

  claim(wanted: WantedClaim): ClaimResult {
    const refusal = this.#refusalOf(wanted);
    if (refusal) return { ok: false, ...refusal };
    const { demand: demandId, supply: supplyId, units } = wanted;
    const demand = claimed(this.#level(demandId), units);
    const supply = claimed(this.#level(supplyId), units);
    const groupValue = groupValueOf(supply, demand);
    this.#levels.set(demandId, demand).set(supplyId, supply);
    if (groupValue !== undefined) {
      const key = keyOf(supplyId, groupValue);
      this.#groups.set(key, { supply: supplyId, groupValue });
      this.#gone.delete(key);
    }
    return { ok: true, demand, supply, groupValue };
  }

  /** Why the supply could not give these units to the demand, whatever the demand still wants. */
  supplyRefusal({ demand: demandId, supply: supplyId, units }: WantedClaim): ClaimRefusal | undefined {
    const supply = this.#levels.get(supplyId);
    const demand = this.#levels.get(demandId);
    if (!supply || !demand) return "CAPACITY_NOT_FOUND";
    if (supply.side !== "SUPPLY") return "SIDE_INVALID";
    if (!supply.open) return "LISTING_NOT_OPEN";
    if (availableOf(supply) < units) return "CAPACITY_EXHAUSTED";
    const group = groupValueOf(supply, demand);
    if (group === undefined || (units === 1 && !this.#groups.has(keyOf(supplyId, group)))) return undefined;
    return "GROUP_EXHAUSTED";
  }

  confirm(held: HeldUnits): void {
    this.#levels.set(held.demand, confirmed(this.#level(held.demand), held.units));
    this.#levels.set(held.supply, confirmed(this.#level(held.supply), held.units));
  }

  release(held: HeldUnits): void {
    this.#levels.set(held.demand, released(this.#level(held.demand), held.units));
    this.#levels.set(held.supply, released(this.#level(held.supply), held.units));
    if (held.groupValue === undefined) return;
    const key = keyOf(held.supply, held.groupValue);
    this.#groups.delete(key);
    this.#gone.set(key, { supply: held.supply, groupValue: held.groupValue });
  }

  /** The levels that differ from what was locked, with their next version. */
  changedLevels(now: Date): Level[] {
    const changed: Level[] = [];
    for (const [id, level] of this.#levels) {
      const before = this.#before.get(id);
      if (before && differs(before, level))
        changed.push({ ...level, version: before.version + 1, updateTime: now });
    }
    return changed;
  }

  /** Levels whose units on hand fell because claims that held them up are gone. */
  onHandChanges(now: Date): OnHandChange[] {
    return this.changedLevels(now).flatMap((level) => {
      const delta = level.onHand - this.#before.get(level.listingId)!.onHand;
      return delta === 0 ? [] : [{ level, delta }];
    });
  }

  newGroupClaims(): GroupClaim[] {
    return [...this.#groups].flatMap(([key, group]) => (this.#groupsBefore.has(key) ? [] : [group]));
  }

  /** Claims of released holds: also of a supply that has no exclusive group any more, whose claims are not read. */
  goneGroupClaims(): GroupClaim[] {
    return [...this.#gone.values()];
  }

  #refusalOf(claim: WantedClaim): { reason: ClaimRefusal; listingId: string } | undefined {
    const demand = this.#levels.get(claim.demand);
    if (!demand) return { reason: "CAPACITY_NOT_FOUND", listingId: claim.demand };
    if (demand.side !== "DEMAND") return { reason: "SIDE_INVALID", listingId: claim.demand };
    if (!demand.open) return { reason: "LISTING_NOT_OPEN", listingId: claim.demand };
    if (availableOf(demand) < claim.units) return { reason: "CAPACITY_EXHAUSTED", listingId: claim.demand };
    const reason = this.supplyRefusal(claim);
    return reason && { reason, listingId: claim.supply };
  }

  #level(listingId: string): Level {
    const level = this.#levels.get(listingId);
    if (!level) throw new Error(`the level of ${listingId} is not locked`);
    return level;
  }
}

function differs(a: Level, b: Level): boolean {
  return a.held !== b.held || a.allocated !== b.allocated || a.onHand !== b.onHand;
}

// Ids never contain a newline; a group's value may, and stands last.
function keyOf(supply: string, groupValue: string): string {
  return `${supply}\n${groupValue}`;
}
