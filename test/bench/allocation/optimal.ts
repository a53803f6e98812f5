import { resourceUsage } from "node:process";
import {
  IncrementalOptimum,
  type MarketChanges,
  optimal,
  type SparseGraph,
  verifyCertificate,
} from "@marketmesh/allocation-engine";
import { optimalByComponents, SolverPool } from "@marketmesh/allocation-engine/parallel";
import { emit, median, say } from "../figure.ts";
import { laborReal } from "./labor-real.ts";
import { distinct, drawing, randomBlocks, randomGraph, weightMax } from "./random-graph.ts";

const suite = "allocation";
const share = (value: number) => `${(100 * value).toFixed(4)} %`;

/** Solves, checks the certificate, answers with milliseconds. A result that does not hold is no figure. */
function timed(what: string, graph: SparseGraph, gap: number): number {
  const weights = graph.demandScores;
  const begin = performance.now();
  const { assignment, certificate } = optimal(graph, weights, { gap });
  const ms = performance.now() - begin;
  const violations = verifyCertificate(graph, weights, assignment, certificate);
  if (violations.length > 0) throw new Error(`${what}: ${JSON.stringify(violations[0])}`);
  const proven = certificate.gap;
  if (proven > gap) throw new Error(`${what}: gap ${share(proven)}`);
  say(`${what}: ${ms.toFixed(0)} ms, gap ${share(proven)}, ${assignment.edges.length} pairs`);
  return ms;
}

function times(count: number, act: () => number): number {
  return median(Array.from({ length: count }, act));
}

function curve(): void {
  for (const size of [1_000, 10_000]) {
    const graph = randomGraph(size, 20, 1);
    times(3, () => timed(`${size} x ${size}, 20 edges each, 0.02 %`, graph, 2e-4));
    times(3, () => timed(`${size} x ${size}, 20 edges each, exact`, graph, 0));
  }
}

function hundredThousand(): void {
  const graph = randomGraph(100_000, 20, 1);
  const quick = times(3, () => timed("100,000 x 100,000, 20 edges each, 0.02 %", graph, 2e-4));
  emit({ suite, metric: "sparse_100k_2m_ms", value: quick, unit: "ms", better: "lower", aim: 2_000 });
  const exact = times(3, () => timed("100,000 x 100,000, 20 edges each, exact", graph, 0));
  emit({ suite, metric: "sparse_100k_2m_exact_ms", value: exact, unit: "ms", better: "lower", aim: 5_000 });
}

async function labor(): Promise<void> {
  const graph = await laborReal();
  const ms = times(5, () => timed(`labor-real, ${graph.supplies.length} edges, exact`, graph, 0));
  emit({ suite, metric: "labor_real_solve_ms", value: ms, unit: "ms", better: "lower", aim: 800 });
}

/** A quarter of the changed nodes each: demands leave, supplies leave, demands arrive, supplies arrive. */
function onePercent(size: number, draw: (limit: number) => number, present: number): MarketChanges {
  const quarter = Array.from({ length: size / 400 });
  const leave = () => quarter.map(() => ({ node: draw(present), capacity: 0 }));
  const arrive = () =>
    quarter.map(() => ({
      capacity: 1,
      others: distinct(draw, 20, present),
      weights: Array.from({ length: 20 }, () => 1 + draw(weightMax)),
    }));
  return {
    demandCapacities: leave(),
    supplyCapacities: leave(),
    arrivingDemands: arrive(),
    arrivingSupplies: arrive(),
  };
}

function incremental(): void {
  const size = 100_000;
  const gap = 2e-4;
  const graph = randomGraph(size, 20, 1);
  const market = new IncrementalOptimum(graph, graph.demandScores, { gap });
  const draw = drawing(2);
  let present = size;
  const took = Array.from({ length: 30 }, () => {
    const changes = onePercent(size, draw, present);
    present += size / 400;
    const begin = performance.now();
    const { opened, scans } = market.apply(changes);
    const ms = performance.now() - begin;
    say(`1 % of ${size} x ${size}: ${ms.toFixed(1)} ms, ${opened} nodes opened, ${scans} rows read`);
    return ms;
  });
  const { graph: now, weights, assignment, certificate } = market.snapshot();
  const violations = verifyCertificate(now, weights, assignment, certificate);
  const proven = certificate.gap;
  if (violations.length > 0 || proven > gap) throw new Error(`after the changes: gap ${share(proven)}`);
  const [p90, most] = [took.toSorted((a, b) => a - b)[26]!, Math.max(...took)];
  say(`30 batches: p90 ${p90.toFixed(1)} ms, most ${most.toFixed(1)} ms, gap ${share(proven)}`);
  emit({ suite, metric: "incremental_1pct_ms", value: median(took), unit: "ms", better: "lower", aim: 50 });
}

/** The same graph of 200 regions that share no pair: by one thread, and by two over shared memory. Turns are taken, medians compared. */
async function regions(): Promise<void> {
  const graph = randomBlocks(200, 1_000, 10, 1);
  const weights = graph.demandScores;
  await using pool = new SolverPool({ threads: 1 });
  const times = { one: [] as number[], two: [] as number[], whole: [] as number[] };
  for (let turn = 0; turn < 4; turn++) {
    let begin = performance.now();
    const alone = optimalByComponents(graph, weights);
    const one = performance.now() - begin;
    begin = performance.now();
    const together = await pool.solve(graph, weights);
    const two = performance.now() - begin;
    const whole = timed("200 regions as one graph", graph, 0);
    if (together.certificate.primal !== alone.certificate.primal || !together.certificate.exact) {
      throw new Error(`two threads find ${together.certificate.primal}, one ${alone.certificate.primal}`);
    }
    // The first turn compiles and starts the thread.
    if (turn === 0) continue;
    times.one.push(one);
    times.two.push(two);
    times.whole.push(whole);
  }
  const [one, two, whole] = [median(times.one), median(times.two), median(times.whole)];
  const shown = [one, two, whole].map((ms) => `${ms.toFixed(0)} ms`);
  say(`200 regions of 1,000 x 1,000, exact: ${shown[0]}, with two threads ${shown[1]}, not cut ${shown[2]}`);
  const value = two / one;
  emit({ suite, metric: "regions_2m_two_threads_ratio", value, unit: "ratio", better: "lower", aim: 0.75 });
}

function million(): void {
  const graph = randomGraph(1_000_000, 10, 1);
  const seconds = timed("1,000,000 x 1,000,000, 10 edges each, 0.05 %", graph, 5e-4) / 1_000;
  emit({ suite, metric: "sparse_1m_10m_s", value: seconds, unit: "s", better: "lower", aim: 40 });
  const value = resourceUsage().maxRSS / 2 ** 20;
  emit({ suite, metric: "sparse_1m_10m_gib", value, unit: "GiB", better: "lower", aim: 4 });
}

curve();
hundredThousand();
await labor();
incremental();
await regions();
million();
