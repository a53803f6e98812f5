import { availableOf, claimed, confirmed, groupValueOf, type Level, released } from "./level.ts";
import { pickPlace, type WantedPlace } from "./pick-place.ts";
import { isDefault, type Place, type Pool } from "./pool.ts";

/** Why a claim was refused. */
export type ClaimRefusal =
  | "CAPACITY_NOT_FOUND"
  | "SIDE_INVALID"
  | "LISTING_NOT_OPEN"
  | "CAPACITY_EXHAUSTED"
  | "CAPACITY_EMBARGOED"
  | "POOL_NOT_FOUND"
  | "SLOT_OVER"
  | "GROUP_EXHAUSTED";

/** A claim on both sides of a pair. */
export interface WantedClaim {
  readonly demand: string;
  readonly supply: string;
  /** Of the supply, and of the demand where `demandUnits` says nothing else. */
  readonly units: number;
  readonly demandUnits?: number | undefined;
  /** Where of the supply. Absent: wherever it has them. */
  readonly place?: WantedPlace | undefined;
}

/** A claim that was taken; `groupValue` is set when the supply counts by an exclusive group. */
export interface Claim {
  readonly ok: true;
  readonly demand: Level;
  readonly supply: Level;
  readonly groupValue: string | undefined;
  /** The pool that the units come from; absent: the default location. */
  readonly place?: Place;
}

export type ClaimResult =
  | Claim
  | { readonly ok: false; readonly reason: ClaimRefusal; readonly listingId: string };

/** Claimed units of a pair, as a hold remembers them. */
export interface HeldUnits {
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
  /** Of the demand, where it is not `units`. */
  readonly demandUnits?: number | undefined;
  readonly groupValue: string | undefined;
  /** The pool of the supply; absent: the default location. */
  readonly place?: Place | undefined;
}

/** One unit of a supply that a group value has. */
export interface GroupClaim {
  readonly supply: string;
  readonly groupValue: string;
}

/** A pool that a ledger changed. */
export interface ChangedPool {
  readonly listingId: string;
  readonly pool: Pool;
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
  readonly #now: Date;

  /** @param now by the market clock: what embargoes and slots are judged by */
  constructor(levels: Iterable<Level>, groups: Iterable<GroupClaim>, now: Date) {
    this.#now = now;
    this.#levels = new Map([...levels].map((level) => [level.listingId, level]));
    this.#before = new Map(this.#levels);
    for (const group of groups) this.#groups.set(keyOf(group.supply, group.groupValue), group);
    this.#groupsBefore = new Set(this.#groups.keys());
  }

  levelOf(listingId: string): Level | undefined {
    return this.#levels.get(listingId);
  }

  claim(wanted: WantedClaim): ClaimResult {
    const demandRefusal = this.#demandRefusalOf(wanted);
    if (demandRefusal) return { ok: false, reason: demandRefusal, listingId: wanted.demand };
    const place = this.#placeFor(wanted);
    if (typeof place === "string") return { ok: false, reason: place, listingId: wanted.supply };
    const { demand: demandId, supply: supplyId, units } = wanted;
    const demand = claimed(this.#level(demandId), wanted.demandUnits ?? units);
    const supply = claimed(this.#level(supplyId), units, place);
    const groupValue = groupValueOf(supply, demand);
    this.#levels.set(demandId, demand).set(supplyId, supply);
    if (groupValue !== undefined) {
      const key = keyOf(supplyId, groupValue);
      this.#groups.set(key, { supply: supplyId, groupValue });
      this.#gone.delete(key);
    }
    return { ok: true, demand, supply, groupValue, ...(place && { place }) };
  }

  /** Why the supply could not give these units to the demand, whatever the demand still wants. */
  supplyRefusal(wanted: WantedClaim): ClaimRefusal | undefined {
    const place = this.#placeFor(wanted);
    return typeof place === "string" ? place : undefined;
  }

  /** Claims units of a demand alone: its supply is claimed already. False: it does not want so many. */
  claimDemand(demand: string, units: number): boolean {
    if (this.#demandRefusalOf({ demand, supply: "", units })) return false;
    this.#levels.set(demand, claimed(this.#level(demand), units));
    return true;
  }

  confirm(held: HeldUnits): void {
    this.#levels.set(held.demand, confirmed(this.#level(held.demand), held.demandUnits ?? held.units));
    this.#levels.set(held.supply, confirmed(this.#level(held.supply), held.units, held.place));
  }

  release(held: HeldUnits): void {
    this.#levels.set(held.demand, released(this.#level(held.demand), held.demandUnits ?? held.units));
    this.#levels.set(held.supply, released(this.#level(held.supply), held.units, held.place));
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

  /** The pools that differ from what was locked. */
  changedPools(): ChangedPool[] {
    return [...this.#levels.values()].flatMap(({ listingId, pools }) => {
      const before = this.#before.get(listingId)!.pools;
      return pools.flatMap((pool, at) => (pool === before[at] ? [] : [{ listingId, pool }]));
    });
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

  #demandRefusalOf({ demand: id, units, demandUnits = units }: WantedClaim): ClaimRefusal | undefined {
    const demand = this.#levels.get(id);
    if (!demand) return "CAPACITY_NOT_FOUND";
    if (demand.side !== "DEMAND") return "SIDE_INVALID";
    if (!demand.open) return "LISTING_NOT_OPEN";
    return availableOf(demand) < demandUnits ? "CAPACITY_EXHAUSTED" : undefined;
  }

  /** Where the supply has the units, or why it cannot give them. Undefined: at the default location. */
  #placeFor({ demand: demandId, supply: supplyId, units, place }: WantedClaim) {
    const supply = this.#levels.get(supplyId);
    const demand = this.#levels.get(demandId);
    if (!supply || !demand) return "CAPACITY_NOT_FOUND";
    if (supply.side !== "SUPPLY") return "SIDE_INVALID";
    if (!supply.open) return "LISTING_NOT_OPEN";
    if (supply.embargoUntil && supply.embargoUntil > this.#now) return "CAPACITY_EMBARGOED";
    if (availableOf(supply) < units) return "CAPACITY_EXHAUSTED";
    const picked = pickPlace(supply, units, place, this.#now);
    if (typeof picked === "string") return picked;
    const group = groupValueOf(supply, demand);
    if (group !== undefined && (units !== 1 || this.#groups.has(keyOf(supplyId, group))))
      return "GROUP_EXHAUSTED";
    return isDefault(picked) ? undefined : { location: picked.location, slot: picked.slot };
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
