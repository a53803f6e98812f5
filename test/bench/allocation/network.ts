import { readdirSync, readFileSync } from "node:fs";
import {
  assignDense,
  blockingPairs,
  type DenseCosts,
  deferredAcceptance,
  minCostFlow,
  type Network,
  verifyAssignment,
  verifyDense,
  verifyFlow,
} from "@marketmesh/allocation-engine";
import loadHighs, { type Highs } from "highs";
import { munkres } from "munkres";
import { networkOf, parseDimacs, readText } from "../../../packages/allocation-engine/src/testing/dimacs.ts";
import { parseAssignment } from "../../../packages/allocation-engine/src/testing/orlib.ts";
import { emit, say } from "../figure.ts";
import { solveWithHighs } from "./highs-flow.ts";
import { numbers, schoolChoice } from "./school-choice.ts";

const data = "../shared/data/allocation";
const suite = "allocation";

await flowlessly();
await orlib();
dense();
stable();

async function flowlessly(): Promise<void> {
  const expected = expectedOf<{ min_cost: number }>("flowlessly");
  let reached = 0;
  for (const [file, { min_cost }] of Object.entries(expected)) {
    const network = readNetwork(file);
    const result = minCostFlow(network);
    const right = result.cost === min_cost && verifyFlow(network, result).length === 0;
    if (right) reached++;
    else say(`${file}: ${result.cost}, not ${min_cost}`);
  }
  const value = reached / Object.keys(expected).length;
  emit({ suite, metric: "flowlessly_optima", value, unit: "fraction", better: "higher", aim: 1 });
  await againstHighs(readNetwork("graph_1000m_64j_100t_10p.in.gz"));
}

/** Both begin with the columns of the network and end with the flow; turns are taken, and the best of each compared: noise only adds. */
async function againstHighs(network: Network): Promise<void> {
  // Its types describe the CommonJS build, where the loader stands one level deeper.
  const highs = await (loadHighs as unknown as () => Promise<Highs>)();
  const times = { own: [] as number[], highs: [] as number[] };
  for (let warm = 0; warm < 3; warm++) minCostFlow(network);
  for (let turn = 0; turn < 5; turn++) {
    times.own.push(timeOf(() => minCostFlow(network)));
    times.highs.push(solveWithHighs(highs, network).ms);
  }
  const [own, other] = [Math.min(...times.own), Math.min(...times.highs)];
  say(`flowlessly 113k: ${own.toFixed(0)} ms, HiGHS ${other.toFixed(0)} ms`);
  emit({
    suite,
    metric: "flowlessly_113k_ratio_highs",
    value: own / other,
    unit: "ratio",
    better: "lower",
    aim: 0.15,
  });
  emit({ suite, metric: "flowlessly_113k_ms", value: own, unit: "ms", better: "lower", aim: 150 });
}

async function orlib(): Promise<void> {
  const expected = expectedOf<number>("orlib-assign");
  let reached = 0;
  for (const [name, cost] of Object.entries(expected)) {
    const costs = parseAssignment(readText(`${data}/orlib-assign/${name}.txt.gz`));
    const result = assignDense(costs);
    if (result.cost === cost && verifyDense(costs, result).length === 0) reached++;
    else say(`${name}: ${result.cost}, not ${cost}`);
  }
  const value = reached / Object.keys(expected).length;
  emit({ suite, metric: "orlib_assign_optima", value, unit: "fraction", better: "higher", aim: 1 });
}

/** Uniform random costs below a million, another matrix every turn; munkres gets its rows of numbers ready made. */
function dense(): void {
  const random = numbers(500);
  const times = { own: [] as number[], munkres: [] as number[] };
  for (let turn = 0; turn < 25; turn++) {
    const costs = randomCosts(500, random);
    const rows = Array.from({ length: 500 }, (_, row) =>
      Array.from((costs.values as Float64Array).subarray(row * 500, row * 500 + 500)),
    );
    let result: ReturnType<typeof assignDense> | undefined;
    const own = timeOf(() => {
      result = assignDense(costs);
    });
    let pairs: [number, number][] = [];
    const other = timeOf(() => {
      pairs = munkres(rows);
    });
    const cost = pairs.reduce((sum, [row, column]) => sum + rows[row]![column]!, 0);
    if (cost !== result!.cost) throw new Error(`munkres found ${cost}, we ${result!.cost}`);
    // Both have been compiled after some turns.
    if (turn < 10) continue;
    times.own.push(own);
    times.munkres.push(other);
  }
  const [own, other] = [Math.min(...times.own), Math.min(...times.munkres)];
  say(`dense 500: ${own.toFixed(1)} ms, munkres ${other.toFixed(1)} ms`);
  emit({
    suite,
    metric: "dense_500_ratio_munkres",
    value: own / other,
    unit: "ratio",
    better: "lower",
    aim: 0.3,
  });
  for (const [size, aim] of [
    [1000, 60],
    [2000, 300],
    [4000, 2_000],
  ] as const) {
    const runs = [0, 1, 2].map(() => {
      const costs = randomCosts(size, random);
      return timeOf(() => assignDense(costs));
    });
    emit({ suite, metric: `dense_${size}_ms`, value: Math.min(...runs), unit: "ms", better: "lower", aim });
  }
}

function randomCosts(size: number, random: () => number): DenseCosts {
  const values = new Float64Array(size * size);
  for (let at = 0; at < values.length; at++) values[at] = random() % 1_000_000;
  return { rows: size, columns: size, values };
}

/** The graph is there, lists in no order; the time is that of the whole solve, with looking for what is best on each list. */
function stable(): void {
  for (const [applicants, metric, aim] of [
    [10_000, "stable_10k_ms", 20],
    [100_000, "stable_100k_ms", 120],
    [1_000_000, "stable_1m_ms", 1_000],
  ] as const) {
    const graph = schoolChoice({ applicants, schools: applicants / 50, places: 50, listLength: 20 });
    let assignment = deferredAcceptance(graph, { proposing: "DEMAND" });
    const runs = [0, 1, 2].map(() =>
      timeOf(() => {
        assignment = deferredAcceptance(graph, { proposing: "DEMAND" });
      }),
    );
    const verified = timeOf(() => {
      const blocking =
        blockingPairs(graph, assignment, 1).length + verifyAssignment(graph, assignment).length;
      if (blocking > 0) throw new Error(`${applicants} applicants: the assignment is not stable`);
    });
    say(
      `${applicants} applicants: ${assignment.proposals} proposals, 0 blocking pairs, found in ${verified} ms`,
    );
    emit({ suite, metric, value: Math.min(...runs), unit: "ms", better: "lower", aim });
  }
}

function timeOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function expectedOf<T>(folder: string): Record<string, T> {
  if (!readdirSync(data).includes(folder)) throw new Error(`${data}/${folder} is missing`);
  return JSON.parse(readFileSync(`${data}/${folder}/expected.json`, "utf8")) as Record<string, T>;
}

function readNetwork(file: string): Network {
  return networkOf(parseDimacs(readText(`${data}/flowlessly/${file}`)));
}
