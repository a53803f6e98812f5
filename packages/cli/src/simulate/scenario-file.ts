import {
  type Behaviour,
  type Generated,
  generateScenario,
  type MarketRules,
  type Participant,
  type Scenario,
} from "@marketmesh/simulator";
import { Fields } from "./document.ts";
import { secondsOf } from "./seconds-of.ts";

/** A scenario with how its people answer and how its market runs. */
export interface ScenarioFile {
  readonly scenario: Scenario;
  readonly behaviour: Behaviour;
  readonly rules: MarketRules;
}

const probability = [0, 1] as const;
const count = [1, 1_000_000] as const;
const million = 1_000_000;

/** Reads a scenario; see the README of this package for its fields. Throws UsageError that names file and field. */
export function readScenarioFile(file: string): ScenarioFile {
  const fields = Fields.read(file).only(
    "market",
    "answers",
    "unitMode",
    "generate",
    "demands",
    "supplies",
    "pairs",
  );
  if (fields.has("generate") === fields.has("pairs")) {
    throw fields.wrong("generate", "or demands, supplies and pairs: give one of both");
  }
  const scenario = fields.has("generate")
    ? generateScenario(generatedOf(fields.within("generate")))
    : listedOf(fields);
  const unitMode = fields.word("unitMode", ["SPREAD", "WHOLE"], "SPREAD");
  return {
    scenario: { ...scenario, unitMode },
    behaviour: behaviourOf(fields.within("answers")),
    rules: rulesOf(fields.within("market")),
  };
}

function generatedOf(fields: Fields): Generated {
  fields.only("seed", "demands", "supplies", "pairsPerDemand", "unitsMax", "arriveOver", "stay");
  return {
    seed: fields.integer("seed", [0, Number.MAX_SAFE_INTEGER], 1),
    demands: fields.integer("demands", count),
    supplies: fields.integer("supplies", count),
    pairsPerDemand: fields.integer("pairsPerDemand", [1, 1_000]),
    unitsMax: fields.integer("unitsMax", [1, 1_000], 1),
    arriveOver: duration(fields, "arriveOver", 0),
    ...(fields.has("stay") && { stay: duration(fields, "stay", 0) }),
  };
}

function listedOf(fields: Fields): Scenario {
  return {
    demands: fields.list("demands").map(participantOf),
    supplies: fields.list("supplies").map(participantOf),
    pairs: fields.list("pairs").map((pair) => {
      pair.only("demand", "supply", "score", "supplyScore");
      const demandScore = scoreOf(pair, "score");
      const supplyScore = pair.has("supplyScore") ? scoreOf(pair, "supplyScore") : demandScore;
      return { demand: pair.text("demand"), supply: pair.text("supply"), demandScore, supplyScore };
    }),
  };
}

function participantOf(fields: Fields): Participant {
  fields.only("id", "units", "arrives", "leaves");
  return {
    id: fields.text("id"),
    units: fields.integer("units", [0, 1_000_000], 1),
    arrives: duration(fields, "arrives", 0),
    ...(fields.has("leaves") && { leaves: duration(fields, "leaves", 0) }),
  };
}

/** Scores are written as parts of 1 and counted in millionths. */
function scoreOf(fields: Fields, key: string): number {
  return Math.round(fields.number(key, [-1_000, 1_000]) * million);
}

function behaviourOf(fields: Fields): Behaviour {
  fields.only(
    "kind",
    "probability",
    "slope",
    "fallPerOffer",
    "memory",
    "lastProbability",
    "over",
    "silence",
    "noShow",
  );
  const kind = fields.word("kind", ["INDEPENDENT", "BY_SCORE", "CONGESTED", "DRIFTING"], "INDEPENDENT");
  const p = fields.number("probability", probability, 0.5);
  const yes = {
    INDEPENDENT: () => ({ kind: "INDEPENDENT" as const, probability: p }),
    BY_SCORE: () => ({
      kind: "BY_SCORE" as const,
      probability: p,
      slope: fields.number("slope", [-1, 1], 0),
    }),
    CONGESTED: () => ({
      kind: "CONGESTED" as const,
      probability: p,
      fallPerOffer: fields.number("fallPerOffer", probability, 0.1),
      memory: duration(fields, "memory", 864_000),
    }),
    DRIFTING: () => ({
      kind: "DRIFTING" as const,
      probability: p,
      lastProbability: fields.number("lastProbability", probability),
      over: duration(fields, "over", 864_000),
    }),
  }[kind]();
  const silence = fields.number("silence", probability, 0);
  return { yes, silence, noShow: fields.number("noShow", probability, 0) };
}

function rulesOf(fields: Fields): MarketRules {
  fields.only("interval", "window", "waves");
  const rules = {
    interval: duration(fields, "interval", 3_600),
    window: duration(fields, "window", 7_200),
    wavesMax: fields.integer("waves", [1, 10_000], 200),
  };
  for (const key of ["interval", "window"] as const)
    if (rules[key] === 0) throw fields.wrong(key, "is above 0");
  return rules;
}

function duration(fields: Fields, key: string, fallback: number): number {
  return fields.has(key) ? secondsOf(fields.raw(key), fields.fieldOf(key)) : fallback;
}
