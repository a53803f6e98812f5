import fc from "fast-check";

/** One thing that somebody does to a small market of two supplies and two demands. Times are hours. */
export type Step =
  | {
      readonly do: "hold";
      readonly demand: number;
      readonly supply: number;
      readonly units: number;
      readonly location: string;
      readonly slot: string;
      readonly hours: number;
    }
  | {
      readonly do: "bundle";
      readonly demand: number;
      readonly demandUnits: number;
      readonly parts: readonly {
        readonly supply: number;
        readonly units: number;
        readonly location: string;
      }[];
      readonly hours: number;
    }
  | {
      readonly do: "settle";
      readonly nth: number;
      readonly to: "CONFIRMED" | "RELEASED";
      readonly units: number;
      readonly keep: boolean;
    }
  | { readonly do: "renew"; readonly nth: number; readonly hours: number }
  | { readonly do: "advance"; readonly hours: number }
  | {
      readonly do: "receive" | "correct" | "writeOff" | "adjust";
      readonly supply: number;
      readonly location: string;
      readonly delta: number;
    }
  | {
      readonly do: "transfer";
      readonly supply: number;
      readonly from: string;
      readonly to: string;
      readonly units: number;
    }
  | {
      readonly do: "count";
      readonly supply: number;
      readonly location: string;
      readonly counted: number;
      readonly gone: boolean;
    }
  | {
      readonly do: "slot";
      readonly supply: number;
      readonly slot: string;
      readonly start: number;
      readonly hours: number;
      readonly units: number;
      readonly replace: boolean;
    }
  | { readonly do: "embargo"; readonly supply: number; readonly hours: number }
  | { readonly do: "catalog"; readonly supply: number; readonly delta: number };

export type StepOf<Name extends Step["do"]> = Extract<Step, { readonly do: Name }>;

const one = fc.nat(1);
const units = fc.integer({ min: 1, max: 3 });
const hours = fc.integer({ min: 1, max: 4 });
const location = fc.constantFrom("", "", "north", "south");
const slot = fc.constantFrom("", "am", "pm");
const named = <Name extends Step["do"]>(name: Name) => fc.constant(name);

/** Steps of all kinds, holds and their ends most often. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: named("hold"), demand: one, supply: one, units, location, slot, hours }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: named("settle"),
      nth: fc.nat(50),
      to: fc.constantFrom("CONFIRMED", "RELEASED"),
      units: fc.nat(3),
      keep: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: named("bundle"),
      demand: one,
      demandUnits: units,
      parts: fc.array(fc.record({ supply: one, units, location }), { minLength: 1, maxLength: 3 }),
      hours,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: named("renew"), nth: fc.nat(50), hours }) },
  { weight: 3, arbitrary: fc.record({ do: named("advance"), hours: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: named("receive"), supply: one, location, delta: units }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: named("correct"),
      supply: one,
      location,
      delta: fc.constantFrom(-3, -2, -1, 1, 2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: named("writeOff"), supply: one, location, delta: units.map((n) => -n) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: named("adjust"),
      supply: one,
      location: fc.constant(""),
      delta: fc.constantFrom(-2, -1, 1, 2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ do: named("transfer"), supply: one, from: location, to: location, units })
      .filter(({ from, to }) => from !== to),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: named("count"),
      supply: one,
      location,
      counted: fc.nat(6),
      gone: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: named("slot"),
      supply: one,
      slot: fc.constantFrom("am", "pm"),
      start: fc.nat(2),
      hours: fc.integer({ min: 1, max: 2 }),
      units: fc.nat(3),
      replace: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: named("embargo"), supply: one, hours: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: named("catalog"), supply: one, delta: fc.constantFrom(-3, -1, 1, 2) }),
  },
);
