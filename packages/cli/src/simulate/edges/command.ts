import { once } from "node:events";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { strategies } from "@marketmesh/allocation-engine";
import { everyWave, expected, playWaves, type WaveStrategy } from "@marketmesh/simulator";
import { UsageError } from "../../usage-error.ts";
import { AnswerLines, type OfferedPair } from "./read-answers.ts";
import { readConfig } from "./read-config.ts";
import { type EdgesMarket, readGraph } from "./read-graph.ts";

const text = { type: "string" } as const;
const wavesMax = 100_000;
/** Files of edges and openings know no groups. */
const playable = strategies.filter((strategy) => strategy !== "FAIR");

export const edgesUsage =
  "--edges F --openings F --answers - [--strategy S] [--waves N] [--score-max N] [--config F]";

/**
 * Plays a strategy against answers that somebody else holds. Each wave goes out on stdout as `{"wave":0,"offers":[["d","s"],…]}`; its
 * answers come in on stdin; the last line is the summary.
 */
export async function simulateEdges(args: string[]): Promise<void> {
  const options = {
    ...{ edges: text, openings: text, answers: text, strategy: text },
    ...{ waves: text, "score-max": text, config: text },
  };
  const { values } = parseArgs({ args, options });
  if (values.edges === undefined || values.openings === undefined) {
    throw new UsageError("--edges FILE goes with --openings FILE");
  }
  if (values.answers !== "-") throw new UsageError("--answers takes -, standard input");
  const strategy = strategyOf(values.strategy ?? "EXPECTED", values.config);
  const waves = numberOf("--waves", values.waves ?? "200", wavesMax);
  const scoreMax = numberOf("--score-max", values["score-max"] ?? "1", 1e9);
  const market = await readGraph({ edges: values.edges, openings: values.openings, scoreMax });
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    await play(market, strategy, waves, new AnswerLines(lines));
  } finally {
    // An outsider that keeps its end open would keep this process.
    lines.close();
    process.stdin.destroy();
  }
}

async function play(
  { graph, opensAt }: EdgesMarket,
  strategy: WaveStrategy,
  waves: number,
  answers: AnswerLines,
): Promise<void> {
  const run = playWaves(graph, strategy, { waves, opensAt });
  let step = run.next(new Uint8Array(0));
  while (!step.done) {
    const { wave, edges } = step.value;
    const offers = Array.from(
      edges,
      (edge): OfferedPair => [
        graph.demandIds[graph.demands[edge]!]!,
        graph.supplyIds[graph.supplies[edge]!]!,
      ],
    );
    await print({ wave, offers });
    step = run.next(await answers.answersTo(wave, offers));
  }
  await print({ summary: step.value });
}

async function print(record: object): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(record)}\n`)) await once(process.stdout, "drain");
}

function strategyOf(name: string, config: string | undefined): WaveStrategy {
  const strategy = playable.find((known) => known === name);
  if (strategy === undefined) {
    throw new UsageError(`there is no strategy ${name}; allowed: ${playable.join(", ")}`);
  }
  if (strategy === "EXPECTED") return expected(config === undefined ? {} : readConfig(config));
  if (config !== undefined) throw new UsageError("--config goes with EXPECTED");
  return everyWave({ strategy });
}

function numberOf(option: string, given: string, most: number): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new UsageError(`${option} takes a whole number from 1 to ${most}`);
  }
  return value;
}
