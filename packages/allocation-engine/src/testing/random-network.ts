import fc from "fast-check";
import type { Network } from "../network/network.ts";

/** Small random networks with bounds below and above, costs of both signs, parallel arcs and loops; many are infeasible. */
export function networks(nodesMax = 6, arcsMax = 14): fc.Arbitrary<Network> {
  return fc.integer({ min: 1, max: nodesMax }).chain((nodes) =>
    fc
      .record({
        given: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: nodes, maxLength: nodes }),
        arcs: fc.array(
          fc.record({
            tail: fc.nat(nodes - 1),
            head: fc.nat(nodes - 1),
            lower: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(1)),
            more: fc.nat(5),
            cost: fc.integer({ min: -6, max: 12 }),
          }),
          { maxLength: arcsMax },
        ),
      })
      .map(({ given, arcs }) => {
        const supplies = [...given];
        supplies[0]! -= given.reduce((sum, units) => sum + units, 0);
        return {
          supplies,
          tails: arcs.map((arc) => arc.tail),
          heads: arcs.map((arc) => arc.head),
          lower: arcs.map((arc) => arc.lower),
          upper: arcs.map((arc) => arc.lower + arc.more),
          costs: arcs.map((arc) => arc.cost),
        };
      }),
  );
}
