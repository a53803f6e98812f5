import { parseArgs } from "node:util";
import { buildGraph, type Graph, type Strategy } from "@marketmesh/allocation-engine";
import { clairvoyant, everyWave, expected, pairOracle, runWaves } from "@marketmesh/simulator";
import type { LearnedState } from "../../../services/allocation/src/domain/expected-round.ts";
import { playRounds } from "../../../services/allocation/src/testing/play-rounds.ts";
import { say } from "../figure.ts";
import { laborReal } from "./labor-real.ts";

/**
 * How near rounds of the service come to EXPECTED as the engine plays it, at 40 %: a sample of labor-real, every `--every`th job and
 * candidate, seeds `--seeds`, the 50 best of each job per round. For reading, not for judging: a part of no suite.
 */
const { values: given } = parseArgs({
  options: { every: { type: "string", default: "10" }, seeds: { type: "string", default: "1,2,3,4,5" } },
});
const graph = sampleOf(await laborReal(), Number(given.every));
const seeds = given.seeds.split(",").map(Number);
const topK = 50;
const planned = 200;

interface Played {
  readonly accepted: number;
  readonly value: number;
  readonly turns: number;
  readonly cpuMs: number;
}

type Play = (seed: number) => Omit<Played, "cpuMs">;
const baselines: readonly Strategy[] = ["GREEDY", "PER_DEMAND_GREEDY", "SCARCE_FIRST", "OPTIMAL", "STABLE"];
const players: ReadonlyMap<string, Play> = new Map([
  ...baselines.map((strategy): [string, Play] => [strategy, (seed) => waves(everyWave({ strategy }), seed)]),
  ["rounds, nothing planned, nothing carried", (seed) => rounds(seed, 0, withoutPrices)],
  ["rounds, nothing planned", (seed) => rounds(seed, 0)],
  [`${planned} rounds planned, nothing carried`, (seed) => rounds(seed, planned, withoutPrices)],
  [`${planned} rounds planned`, (seed) => rounds(seed, planned)],
  ["EXPECTED in waves", (seed) => waves(expected(), seed)],
  ["CLAIRVOYANT", withHindsight],
]);

const openings = graph.demandCapacity.reduce((sum, units) => sum + units, 0);
say(`${graph.demandIds.length} jobs, ${openings} openings, ${graph.supplies.length} pairs`);
const means = new Map<string, Played>();
for (const [name, play] of players) {
  const runs = seeds.map((seed) => timed(() => play(seed)));
  const mean = (of: keyof Played) => runs.reduce((sum, run) => sum + run[of], 0) / runs.length;
  const played = {
    accepted: mean("accepted"),
    value: mean("value"),
    turns: mean("turns"),
    cpuMs: mean("cpuMs"),
  };
  means.set(name, played);
  say(`${name}: ${(played.cpuMs / 1000).toFixed(1)} s of processor a run`);
}
process.stdout.write("| | filled | share | value | share | rounds |\n|---|---|---|---|---|---|\n");
for (const [name, { accepted, value, turns }] of means) {
  const filled = `${((100 * accepted) / openings).toFixed(2)} %`;
  const shares = [share("accepted", accepted), share("value", value)].map((of) => of.toFixed(2));
  const cells = [name, filled, shares[0], value.toFixed(1), shares[1], turns.toFixed(0)];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}

/** Of the way from the best baseline to the clairvoyant. */
function share(measure: "accepted" | "value", reached: number): number {
  const best = Math.max(...baselines.map((name) => means.get(name)![measure]));
  return (reached - best) / (means.get("CLAIRVOYANT")![measure] - best);
}

function waves(strategy: ReturnType<typeof expected>, seed: number): Omit<Played, "cpuMs"> {
  const { accepted, value, waves: turns } = runWaves(graph, strategy, pairOracle(graph, seed, 0.4));
  return { accepted, value, turns };
}

function rounds(seed: number, plannedRounds: number, keep?: (learned: LearnedState) => LearnedState) {
  const options = { topK, plannedRounds, ...(keep && { keep }) };
  const { accepted, value, rounds: turns } = playRounds(graph, pairOracle(graph, seed, 0.4), options);
  return { accepted, value, turns };
}

function withoutPrices({ carried: _, ...learned }: LearnedState): LearnedState {
  return learned;
}

function withHindsight(seed: number): Omit<Played, "cpuMs"> {
  const [value, fill] = clairvoyant(graph, pairOracle(graph, seed, 0.4), [0, 10]);
  return { accepted: fill!.accepted, value: value!.value, turns: 1 };
}

function timed(play: () => Omit<Played, "cpuMs">): Played {
  const start = process.cpuUsage().user;
  const played = play();
  return { ...played, cpuMs: (process.cpuUsage().user - start) / 1e3 };
}

/** Every `every`th job and candidate, with their pairs. */
function sampleOf(whole: Graph, every: number): Graph {
  const kept = (at: number) => at % every === 0;
  const { demands, supplies } = whole;
  const edges = [...supplies.keys()].filter((edge) => kept(demands[edge]!) && kept(supplies[edge]!));
  const scores = edges.map((edge) => whole.demandScores[edge]!);
  return buildGraph({
    demandIds: whole.demandIds.filter((_, at) => kept(at)),
    demandCapacity: whole.demandCapacity.filter((_, at) => kept(at)),
    supplyIds: whole.supplyIds.filter((_, at) => kept(at)),
    supplyCapacity: whole.supplyCapacity.filter((_, at) => kept(at)),
    edgeDemands: edges.map((edge) => demands[edge]! / every),
    edgeSupplies: edges.map((edge) => supplies[edge]! / every),
    demandScores: scores,
    supplyScores: scores,
  });
}
