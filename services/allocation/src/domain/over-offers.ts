import type { Hold, Settlement } from "./hold.ts";

/** What a ledger says and does about the demand of over-offers. */
export interface DemandUnits {
  /** Units that the demand wants beyond what is held and allocated. */
  available(demand: string): number;
  /** Claims some of them; false: there are not so many. */
  claim(demand: string, units: number): boolean;
}

/** What becomes of settlements of demands with over-offers, and of the offers beside them. */
export interface SurplusPlan {
  readonly settlements: readonly Settlement[];
  /** Holds that go on, with or without a claim on the demand. */
  readonly moved: readonly Hold[];
  /** Holds whose acceptance came too late: they are among those that are rescinded. */
  readonly late: ReadonlySet<string>;
}

/**
 * Of offers for one demand only as many claim units of it as it wants; the others claim their supply alone (`demandUnits` 0). Who
 * accepts takes a claim over from one that still waits; who lets go hands its claim to one that has none. When no claim is left
 * to hand on, the others are rescinded. Settlements are in the order in which they count.
 *
 * @param open the offered holds of these demands that are HELD, those that are settled too; by id
 */
export function planSurplus(
  settlements: readonly Settlement[],
  open: readonly Hold[],
  units: DemandUnits,
): SurplusPlan {
  const tables = new Map<string, Waiting>();
  for (const [demand, holds] of Map.groupBy(open, (hold) => hold.demand))
    tables.set(demand, new Map(holds.map((hold) => [hold.id, hold])));
  const answered = new Set(settlements.map(({ hold }) => hold.id));
  const moved = new Map<string, Hold>();
  const late = new Set<string>();
  const freed = new Set<string>();
  const planned: Settlement[] = [];
  const move = (hold: Hold, demandUnits: number | undefined): Hold => {
    const after = { ...hold, demandUnits };
    tables.get(hold.demand)!.set(hold.id, after);
    if (!answered.has(hold.id)) moved.set(hold.id, after);
    return after;
  };
  for (const settlement of settlements) {
    const waiting = tables.get(settlement.hold.demand)!;
    let hold = waiting.get(settlement.hold.id) ?? settlement.hold;
    if (settlement.to === "CONFIRMED" && !isClaiming(hold)) {
      const giver = partnerOf(hold, waiting, answered, true);
      if (giver) move(giver, 0);
      else if (!units.claim(hold.demand, hold.units)) {
        late.add(hold.id);
        // It waits on, with what became of it meanwhile.
        answered.delete(hold.id);
        if (hold !== settlement.hold) moved.set(hold.id, hold);
        continue;
      }
      hold = move(hold, undefined);
    } else if (settlement.to !== "CONFIRMED" && isClaiming(hold)) {
      const taker = partnerOf(hold, waiting, answered, false);
      if (taker) {
        move(taker, undefined);
        hold = move(hold, 0);
      } else freed.add(hold.demand);
    }
    waiting.delete(hold.id);
    planned.push({ ...settlement, hold });
  }
  for (const [demand, waiting] of tables) {
    const holds = [...waiting.values()];
    if (holds.some(isClaiming) || freed.has(demand) || units.available(demand) > 0) continue;
    for (const hold of holds) {
      moved.delete(hold.id);
      planned.push({ hold, to: "RELEASED", rescinded: true, surplus: true });
    }
  }
  const changed = [...moved.values()].map((hold) => ({ ...hold, version: hold.version + 1 }));
  return { settlements: planned, moved: changed, late };
}

/** Holds of one demand that still wait, by id. */
type Waiting = Map<string, Hold>;

/** Another of the demand that claims its units, or does not; rather one that nobody has answered just now. */
function partnerOf(
  hold: Hold,
  waiting: Waiting,
  answered: ReadonlySet<string>,
  claims: boolean,
): Hold | undefined {
  let last: Hold | undefined;
  for (const one of waiting.values()) {
    if (one.id === hold.id || isClaiming(one) !== claims || one.units !== hold.units) continue;
    if (!answered.has(one.id)) return one;
    last ??= one;
  }
  return last;
}

function isClaiming(hold: Hold): boolean {
  return hold.demandUnits !== 0;
}
