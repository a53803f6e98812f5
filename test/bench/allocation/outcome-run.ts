import { type Graph, strategies } from "@marketmesh/allocation-engine";
import {
  clairvoyant,
  everyWave,
  expected,
  pairOracle,
  runWaves,
  type WaveStrategy,
  type WavesOptions,
} from "@marketmesh/simulator";

/** How people answer: 40 % or 70 % of all pairs say yes, or jobs come in ten cohorts that say yes more and more often. */
export type Setting = "40" | "70" | "drift";

/** Who plays. The clairvoyant knows all answers: once it goes for value, once for fill. */
export const players = [...strategies, "CLAIRVOYANT"] as const;
export type Player = (typeof players)[number];

export interface OutcomeTask {
  readonly setting: Setting;
  readonly player: Player;
  readonly seed: number;
}

export interface Outcome extends OutcomeTask {
  readonly fill: number;
  readonly value: number;
  readonly waves: number;
  readonly offers: number;
  readonly cpuMs: number;
}

const cohorts = 10;
const wavesPerCohort = 20;
const wavesMax = 200;

/** Plays one run to its end. */
export function playOutcome(graph: Graph, task: OutcomeTask): Outcome {
  const start = process.threadCpuUsage().user;
  const played = task.player === "CLAIRVOYANT" ? withHindsight(graph, task) : wave(graph, task, task.player);
  return { ...task, ...played, cpuMs: (process.threadCpuUsage().user - start) / 1e3 };
}

type WavePlayer = Exclude<Player, "CLAIRVOYANT">;
type Played = Pick<Outcome, "fill" | "value" | "waves" | "offers">;

function withHindsight(graph: Graph, { setting, seed }: OutcomeTask): Played {
  const [value, fill] = clairvoyant(graph, oracleOf(graph, setting, seed), [0, 10]);
  return { fill: fill!.fill, value: value!.value, waves: 1, offers: fill!.accepted };
}

function wave(graph: Graph, { setting, seed }: OutcomeTask, player: WavePlayer): Played {
  const options: WavesOptions = {
    waves: wavesMax,
    ...(setting === "drift" && {
      opensAt: graph.demandIds.map((_, job) => wavesPerCohort * cohortOf(graph, job)),
    }),
  };
  return runWaves(graph, strategyOf(graph, player, seed), oracleOf(graph, setting, seed), options);
}

function oracleOf(graph: Graph, setting: Setting, seed: number) {
  const drifting = (job: number) => 0.2 + (0.4 * cohortOf(graph, job)) / (cohorts - 1);
  return pairOracle(graph, seed, setting === "drift" ? drifting : Number(setting) / 100);
}

/** Jobs in ten equal cohorts by row. */
function cohortOf(graph: Graph, job: number): number {
  return Math.floor((job * cohorts) / graph.demandIds.length);
}

function strategyOf(graph: Graph, player: WavePlayer, seed: number): WaveStrategy {
  if (player === "EXPECTED") return expected();
  if (player !== "FAIR") return everyWave({ strategy: player, seed });
  // There are no groups in the data: candidates of the later rows are guaranteed half of the openings.
  const people = graph.supplyIds.length;
  const of = Int32Array.from({ length: people }, (_, person) => (2 * person < people ? 0 : 1));
  const unitsMin = graph.demandCapacity.reduce((sum, openings) => sum + openings, 0) >> 1;
  return everyWave({
    strategy: "FAIR",
    groups: [{ name: "half", side: "SUPPLY", values: ["first", "second"], of }],
    shares: [{ grouping: "half", value: "second", unitsMin }],
  });
}
