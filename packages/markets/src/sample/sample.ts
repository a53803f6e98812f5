import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { packFolder } from "../pack.ts";
import type { Sample } from "../row.ts";
import { type DataFacts, dataSample } from "./data.ts";
import { type GoodsFacts, goodsRace, goodsSample } from "./goods.ts";
import { type LaborFacts, laborSample } from "./labor.ts";

/** What all facts say: when the market opens, and how parties answer. */
export interface CommonFacts {
  readonly start: string;
  /** Shares of the pairs that accept and that decline; the rest stays silent. */
  readonly answers: { readonly accept: number; readonly decline: number };
  /** Hours of market time until an answer comes. */
  readonly answerWithinHours: { readonly min: number; readonly max: number };
  /** How people do the tasks of the pack's workflows, by the task's type. */
  readonly tasks?: Readonly<Record<string, TaskBehaviour>>;
}

export interface TaskBehaviour {
  /** Hours of market time until it is done. */
  readonly withinHours: { readonly min: number; readonly max: number };
  /** What comes out of it, by share of the tasks; nobody does the rest. */
  readonly results: readonly {
    readonly share: number;
    readonly result: Readonly<Record<string, string | number | boolean>>;
  }[];
}

type Generator = (facts: never, seed: number) => Sample;

const generators: Readonly<Record<string, { readonly sample: Generator; readonly race?: Generator }>> = {
  labor: { sample: laborSample as (facts: LaborFacts, seed: number) => Sample },
  goods: {
    sample: goodsSample as (facts: GoodsFacts, seed: number) => Sample,
    race: goodsRace as (facts: GoodsFacts, seed: number) => Sample,
  },
  data: { sample: dataSample as (facts: DataFacts, seed: number) => Sample },
};

/** The facts of a pack, read from its facts.yaml. */
export function readFacts(pack: string): CommonFacts {
  return parse(readFileSync(new URL("facts.yaml", packFolder(pack)), "utf8"));
}

/** The sample market of a pack: the same for the same seed, on every machine. */
export function sampleOf(pack: string, seed: number): Sample {
  return generatorOf(pack).sample(readFacts(pack) as never, seed);
}

/** The listings of a pack's race; undefined when it has none. */
export function raceOf(pack: string, seed: number): Sample | undefined {
  return generatorOf(pack).race?.(readFacts(pack) as never, seed);
}

function generatorOf(pack: string) {
  const generator = generators[pack];
  if (generator === undefined) throw new Error(`the pack ${pack} has no sample`);
  return generator;
}
