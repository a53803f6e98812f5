import fc from "fast-check";
import type { Graph } from "../graph.ts";
import type { AllocationPlan, Grouping, GroupShare, Pair, Strategy, UnitLimit } from "../plan.ts";

/** A plan with groups on both sides, limits, exclusions and pins for a graph; `nested` keeps each side's groups apart. */
export function planFor(graph: Graph, strategy: Strategy, nested: boolean): fc.Arbitrary<AllocationPlan> {
  const demands = graph.demandIds.length;
  const supplies = graph.supplyIds.length;
  const pair: fc.Arbitrary<Pair> = fc.record({ demand: fc.nat(demands - 1), supply: fc.nat(supplies - 1) });
  return fc
    .record({
      level: groupOf(demands),
      region: groupOf(supplies),
      gender: groupOf(supplies),
      objective: fc.record({
        demandQuality: fc.constantFrom(0, 500_000, 1_000_000),
        supplyQuality: fc.constantFrom(0, 1_000_000),
        fillBonus: fc.nat(3),
        waitingBonusPerHour: fc.nat(2),
      }),
      stated: fc.boolean(),
      waiting: fc.array(fc.nat(9000), { minLength: demands, maxLength: demands }),
      outside: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: supplies, maxLength: supplies }),
      maxima: fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }),
      minimum: fc.nat(2),
      exclusions: fc.array(pair, { maxLength: 3 }),
      pins: fc.array(pair, { maxLength: 2 }),
      seed: fc.nat(1000),
      acceptance: fc.array(fc.constantFrom(0, 0.3, 1), {
        minLength: graph.supplies.length,
        maxLength: graph.supplies.length,
      }),
      proposing: fc.constantFrom("DEMAND", "SUPPLY" as const),
    })
    .map(
      ({ level, region, gender, stated, objective, maxima, minimum, outside, ...rest }): AllocationPlan => {
        const groups: Grouping[] = [
          { name: "level", side: "DEMAND", values: ["a", "b"], of: level },
          { name: "region", side: "SUPPLY", values: ["a", "b"], of: region },
          { name: "gender", side: "SUPPLY", values: ["a", "b"], of: gender },
        ];
        const units: UnitLimit[] = [
          { grouping: "level", unitsMax: maxima[0]! },
          { grouping: "region", value: "a", unitsMax: maxima[1]! },
          ...(nested ? [] : [{ grouping: "gender", value: "b", unitsMax: maxima[2]! }]),
        ];
        const shares: GroupShare[] = [{ grouping: "region", value: "b", unitsMin: minimum }];
        return {
          strategy,
          groups,
          shares,
          limits: { units, exclusions: rest.exclusions, pins: rest.pins },
          waiting: rest.waiting,
          seed: rest.seed,
          proposing: rest.proposing,
          ...(strategy === "EXPECTED" ? { acceptance: rest.acceptance } : {}),
          ...(stated ? { objective, outside: { supply: outside } } : {}),
        };
      },
    );
}

function groupOf(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: -1, max: 1 }), { minLength: length, maxLength: length });
}
