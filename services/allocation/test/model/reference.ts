import type { Step, StepOf } from "./steps.ts";

/** Units at one place; of a slot, from when to when. */
export interface Place {
  /** What the books say; at the default location fewer than are claimed may be left. */
  units: number;
  held: number;
  allocated: number;
  start?: number;
  end?: number;
}

interface Part {
  readonly supply: number;
  readonly key: string;
  readonly units: number;
  readonly demandUnits: number;
}

/** A hold, or a bundle of several. */
export interface Claim {
  readonly demand: number;
  readonly bundle: boolean;
  parts: Part[];
  expire: number;
  state: "HELD" | "CONFIRMED" | "RELEASED" | "EXPIRED";
}

const claimsOf = ({ held, allocated }: Place) => held + allocated;
const onHandOf = (place: Place, key: string) =>
  key === "/" ? Math.max(place.units, claimsOf(place)) : place.units;

/** What inventory is, on one page: each step is refused for a reason, or done. Hours stand for time. */
export class Reference {
  now: number;
  supplies: { places: Map<string, Place>; embargo: number }[];
  demands: Place[];
  claims: Claim[] = [];

  constructor(now: number, units: number) {
    this.now = now;
    const place = () => ({ units, held: 0, allocated: 0 });
    this.supplies = [0, 1].map(() => ({ places: new Map([["/", place()]]), embargo: 0 }));
    this.demands = [place(), place()];
  }

  /** The reason of the refusal, after which nothing has changed; or OK. */
  take(step: Step): string {
    const before = structuredClone([this.now, this.supplies, this.demands, this.claims] as const);
    const reason = this.#doIt(step);
    if (reason !== "OK") [this.now, this.supplies, this.demands, this.claims] = before;
    return reason;
  }

  #doIt(step: Step): string {
    if (step.do === "hold")
      return this.#claim(step.demand, [{ ...step, demandUnits: step.units }], step.hours, false);
    if (step.do === "bundle") {
      const parts = step.parts.map((part, at) => ({ ...part, demandUnits: at === 0 ? step.demandUnits : 0 }));
      return this.#claim(step.demand, parts, step.hours, true);
    }
    if (step.do === "settle") return this.#settle(step);
    if (step.do === "renew") return this.#renew(step);
    if (step.do === "advance") return this.#advance(step.hours);
    if (step.do === "transfer") {
      const taken = this.#add(step.supply, `${step.from}/`, -step.units);
      return taken === "OK" ? this.#add(step.supply, `${step.to}/`, step.units) : taken;
    }
    if (step.do === "count") return this.#count(step);
    if (step.do === "slot") return this.#define(step);
    if (step.do === "embargo") this.supplies[step.supply]!.embargo = this.now + step.hours;
    else if (step.do === "catalog") this.#place(step.supply, "/")!.units += step.delta;
    else return this.#add(step.supply, `${step.location}/`, step.delta);
    return "OK";
  }

  #place(supply: number, key: string): Place | undefined {
    return this.supplies[supply]!.places.get(key);
  }

  #claim(
    demand: number,
    wanted: readonly {
      supply: number;
      units: number;
      location: string;
      slot?: string;
      demandUnits: number;
    }[],
    hours: number,
    bundle: boolean,
  ): string {
    const parts: Part[] = [];
    for (const { supply, units, location, slot = "", demandUnits } of wanted) {
      const side = this.demands[demand]!;
      if (side.units - claimsOf(side) < demandUnits) return "CAPACITY_EXHAUSTED";
      if (this.supplies[supply]!.embargo > this.now) return "CAPACITY_EMBARGOED";
      const key = this.#pick(supply, units, location, slot);
      if (!key.includes("/")) return key;
      side.held += demandUnits;
      this.#place(supply, key)!.held += units;
      parts.push({ supply, key, units, demandUnits });
    }
    this.claims.push({ demand, bundle, parts, expire: this.now + hours, state: "HELD" });
    return "OK";
  }

  #pick(supply: number, units: number, location: string, slot: string): string {
    const places = [...this.supplies[supply]!.places];
    const free = ([key, place]: [string, Place]) => onHandOf(place, key) - claimsOf(place);
    if (places.reduce((sum, place) => sum + free(place), 0) < units) return "CAPACITY_EXHAUSTED";
    const gone = ({ end = Infinity, units, allocated }: Place) =>
      end <= this.now && units === allocated && units > 0;
    const fitting = places.filter(([key, place]) => {
      const [itsLocation, itsSlot] = key.split("/");
      return (
        (location === "" || location === itsLocation) && (slot === "" || slot === itsSlot) && !gone(place)
      );
    });
    if (fitting.length === 0) return "POOL_NOT_FOUND";
    const current = fitting.filter(([, { end = Infinity }]) => end > this.now);
    if (current.length === 0) return "SLOT_OVER";
    const order = ([key, { start = -1 }]: [string, Place]) =>
      `${key.split("/")[0]} ${String(start + 1).padStart(9, "0")} ${key.split("/")[1]}`;
    current.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    return current.find((place) => free(place) >= units)?.[0] ?? "CAPACITY_EXHAUSTED";
  }

  #settle({ nth, to, units, keep }: StepOf<"settle">): string {
    const claim = this.claims[nth % this.claims.length];
    if (!claim) return "OK";
    const held = claim.parts[0]!.units;
    const whole = claim.bundle || to === "RELEASED" || units === 0 || units === held;
    if (claim.state === to && whole) return "OK";
    if (claim.state !== "HELD") return "HOLD_NOT_HELD";
    if (!whole && units > held) return "HOLD_UNITS_EXCEEDED";
    if (!whole) {
      const [part] = claim.parts as [Part];
      const rest = { ...part, units: held - units, demandUnits: held - units };
      claim.parts = [{ ...part, units, demandUnits: units }];
      const other: Claim = { ...claim, parts: [rest] };
      if (keep) this.claims.push(other);
      else this.#end(other, "RELEASED");
    }
    this.#end(claim, to);
    return "OK";
  }

  #end(claim: Claim, to: Exclude<Claim["state"], "HELD">): void {
    claim.state = to;
    for (const { supply, key, units, demandUnits } of claim.parts) {
      const sides = [
        [this.#place(supply, key)!, units],
        [this.demands[claim.demand]!, demandUnits],
      ] as const;
      for (const [side, ended] of sides) {
        side.held -= ended;
        if (to === "CONFIRMED") side.allocated += ended;
      }
    }
  }

  #renew({ nth, hours }: StepOf<"renew">): string {
    const claim = this.claims[nth % this.claims.length];
    if (!claim) return "OK";
    if (claim.state !== "HELD") return "HOLD_NOT_HELD";
    if (claim.bundle) return "HOLD_IN_BUNDLE";
    claim.expire = this.now + hours;
    return "OK";
  }

  #advance(hours: number): string {
    this.now += hours;
    for (const claim of this.claims) {
      if (claim.state === "HELD" && claim.expire <= this.now) this.#end(claim, "EXPIRED");
    }
    return "OK";
  }

  #add(supply: number, key: string, delta: number): string {
    const place = this.#place(supply, key);
    if (!place && delta < 0) return "POOL_NOT_FOUND";
    if (place && delta < 0 && place.units + delta < claimsOf(place)) return "CAPACITY_BELOW_CLAIMS";
    if (place) place.units += delta;
    else this.supplies[supply]!.places.set(key, { units: delta, held: 0, allocated: 0 });
    return "OK";
  }

  #count({ supply, location, counted, gone }: StepOf<"count">): string {
    const place = this.#place(supply, `${location}/`) ?? { units: 0, held: 0, allocated: 0 };
    const found = counted + (gone ? place.allocated : 0);
    if (found < claimsOf(place)) return "CAPACITY_BELOW_CLAIMS";
    this.supplies[supply]!.places.set(`${location}/`, { ...place, units: found });
    return "OK";
  }

  #define({ supply, slot, start, hours, units, replace }: StepOf<"slot">): string {
    const { places } = this.supplies[supply]!;
    const named = `/${slot}`;
    const [from, to] = [this.now + start, this.now + start + hours];
    for (const key of [...places.keys()].filter((key) => key.startsWith("/") && key !== "/").sort()) {
      const place = places.get(key)!;
      const over = place.end! <= this.now;
      const used = over && place.units === place.allocated && place.units > 0;
      if (used && key !== named) continue;
      if (used) return "SLOT_CLAIMED";
      if (key === named) {
        if ((place.start !== from || place.end !== to) && claimsOf(place) > 0) return "SLOT_CLAIMED";
        if (units < claimsOf(place)) return "CAPACITY_BELOW_CLAIMS";
      } else if (over) {
        if (claimsOf(place) === 0) places.delete(key);
        else place.units = claimsOf(place);
      } else if (replace && claimsOf(place) > 0) return "SLOT_CLAIMED";
      else if (replace) places.delete(key);
    }
    const { held = 0, allocated = 0 } = places.get(named) ?? {};
    places.set(named, { units, held, allocated, start: from, end: to });
    return "OK";
  }

  /** What each listing has, as the database should say it: on hand, held, allocated at each place. */
  state(): Record<string, Record<string, number[]>> {
    const rowOf = (key: string, place: Place): readonly [string, number[]] => [
      key,
      [onHandOf(place, key), place.held, place.allocated],
    ];
    const supplies = this.supplies.map(({ places }, at) => {
      return [`s${at}`, Object.fromEntries([...places].map(([key, place]) => rowOf(key, place)))] as const;
    });
    const demands = this.demands.map(
      (side, at) => [`d${at}`, Object.fromEntries([rowOf("/", side)])] as const,
    );
    return Object.fromEntries([...supplies, ...demands]);
  }
}
