import { draw } from "../oracle/draw.ts";
import { type Scenario, ScenarioError } from "./scenario.ts";

/** A made-up market. Times are seconds of market time. */
export interface Generated {
  readonly seed: number;
  readonly demands: number;
  readonly supplies: number;
  /** Pairs of each demand, at most the supplies there are. */
  readonly pairsPerDemand: number;
  /** Units that a demand wants, 1 to this; default 1. */
  readonly unitsMax?: number;
  /** Demands and supplies arrive evenly over this long; default 0: all are there from the start. */
  readonly arriveOver?: number;
  /** Who is not served leaves after this long; absent: never. */
  readonly stay?: number;
}

/** Equal input, equal market: everything is a draw named by what it is about. Scores of both sides are 0 to 1,000,000. */
export function generateScenario(given: Generated): Scenario {
  const { seed, demands, supplies, unitsMax = 1, arriveOver = 0, stay } = given;
  if (given.pairsPerDemand > supplies) {
    throw new ScenarioError(`${given.pairsPerDemand} pairs a demand, but only ${supplies} supplies`);
  }
  const participant = (side: string, at: number) => {
    const id = `${side}-${String(at).padStart(6, "0")}`;
    const arrives = arriveOver * draw(seed, "arrives", id);
    return { id, arrives, ...(stay !== undefined && { leaves: arrives + stay }) };
  };
  return {
    demands: Array.from({ length: demands }, (_, at) => {
      const one = participant("demand", at);
      return { ...one, units: 1 + Math.floor(unitsMax * draw(seed, "units", one.id)) };
    }),
    supplies: Array.from({ length: supplies }, (_, at) => ({ ...participant("supply", at), units: 1 })),
    pairs: Array.from({ length: demands }, (_, at) => pairsOf(given, at)).flat(),
  };
}

function pairsOf({ seed, supplies, pairsPerDemand }: Generated, at: number): Scenario["pairs"] {
  const demand = `demand-${String(at).padStart(6, "0")}`;
  const chosen = new Set<number>();
  for (let drawn = 0; chosen.size < pairsPerDemand; drawn++) {
    // Squared, so that some supplies suit many demands and most suit few.
    chosen.add(Math.floor(supplies * draw(seed, "pair", demand, drawn) ** 2));
  }
  return [...chosen].map((position) => {
    const supply = `supply-${String(position).padStart(6, "0")}`;
    return {
      demand,
      supply,
      demandScore: Math.floor(1_000_000 * draw(seed, "demandScore", demand, supply)),
      supplyScore: Math.floor(1_000_000 * draw(seed, "supplyScore", demand, supply)),
    };
  });
}
