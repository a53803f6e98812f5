import fc from "fast-check";
import { expect, test } from "vitest";
import { holdOf } from "../testing/holds.ts";
import type { Hold, Settlement } from "./hold.ts";
import { planSurplus } from "./over-offers.ts";

/** A demand's units as a ledger keeps them, beside the claims of open offers. */
class Demand {
  free: number;
  constructor(free: number) {
    this.free = free;
  }
  available(): number {
    return this.free;
  }
  claim(_: string, units: number): boolean {
    if (this.free < units) return false;
    this.free -= units;
    return true;
  }
}

const offered = (id: string, claims: boolean): Hold =>
  holdOf({ id, demand: "d", supply: `s-${id}`, offered: true, ...(!claims && { demandUnits: 0 }) });
const confirm = (hold: Hold): Settlement => ({ hold, to: "CONFIRMED" });
const release = (hold: Hold): Settlement => ({ hold, to: "RELEASED" });

test("who accepts takes the claim of one that waits, and the last unit ends the others", () => {
  const [a, b, c] = [offered("a", true), offered("b", false), offered("c", false)];
  const { settlements, moved, late } = planSurplus([confirm(c)], [a, b, c], new Demand(0));
  expect(settlements.map(({ hold, to, surplus }) => [hold.id, to, hold.demandUnits, surplus])).toEqual([
    ["c", "CONFIRMED", undefined, undefined],
    ["a", "RELEASED", 0, true],
    ["b", "RELEASED", 0, true],
  ]);
  expect([moved, [...late]]).toEqual([[], []]);
});

test("who lets go hands its claim on; nobody is rescinded", () => {
  const [a, b] = [offered("a", true), offered("b", false)];
  const { settlements, moved } = planSurplus([release(a)], [a, b], new Demand(0));
  expect(settlements.map(({ hold }) => [hold.id, hold.demandUnits])).toEqual([["a", 0]]);
  expect(moved.map(({ id, demandUnits, version }) => [id, demandUnits, version])).toEqual([
    ["b", undefined, 2],
  ]);
});

test("whose claim went to somebody faster in the same breath waits on without it", () => {
  const [taker, giver] = [offered("taker", false), offered("giver", true)];
  const large = holdOf({ id: "large", demand: "d", supply: "s-large", offered: true, units: 2 });
  const answers = [confirm(taker), confirm(giver)];
  const { settlements, moved, late } = planSurplus(answers, [taker, giver, large], new Demand(0));
  expect([...late]).toEqual(["giver"]);
  expect(settlements.map(({ hold }) => hold.id)).toEqual(["taker"]);
  expect(moved.map(({ id, demandUnits }) => [id, demandUnits])).toEqual([["giver", 0]]);
});

test("units are neither lost nor taken twice, whatever is answered in whichever order", () => {
  const answers = fc.array(fc.constantFrom("CONFIRMED", "RELEASED", "EXPIRED", "WAIT"), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(answers, fc.nat(4), fc.nat(3), (tos, claims, free) => {
      const open = tos.map((_, at) => offered(`${at}`, at < claims));
      const claimed = open.filter(({ demandUnits }) => demandUnits !== 0).length;
      const demand = new Demand(free);
      const asked = tos.flatMap((to, at) => (to === "WAIT" ? [] : [{ hold: open[at]!, to }]));
      const { settlements, moved, late } = planSurplus(asked, open, demand);
      const taken = settlements.filter(({ to }) => to === "CONFIRMED");
      // What is accepted claims a unit; no more than there were.
      expect(taken.every(({ hold }) => hold.demandUnits !== 0)).toBe(true);
      expect(taken.length).toBeLessThanOrEqual(claimed + free);
      // Claims that were, or were made now, are accepted, given back or with an offer that waits.
      const settled = new Set(settlements.map(({ hold }) => hold.id));
      const after = new Map([...open, ...moved].map((hold) => [hold.id, hold]));
      const waiting = [...after.values()].filter(({ id }) => !settled.has(id));
      const isClaim = ({ demandUnits }: Hold) => demandUnits !== 0;
      const back = settlements.filter(({ hold, to }) => to !== "CONFIRMED" && isClaim(hold)).length;
      const kept = waiting.filter(isClaim).length;
      expect(taken.length + back + kept).toBe(claimed + (free - demand.free));
      // Nobody waits for what is gone, and nobody is late while something is left.
      if (back + kept + demand.free === 0) expect(waiting).toEqual([]);
      if (late.size > 0) expect(demand.free).toBe(0);
      expect(new Set(settlements.map(({ hold }) => hold.id)).size).toBe(settlements.length);
    }),
    { seed: 1, numRuns: 500 },
  );
});
