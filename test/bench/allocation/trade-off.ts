import {
  type Assignment,
  explain,
  explanationText,
  type Graph,
  type TradeOffPoint,
  tradeOff,
  type Variant,
} from "@marketmesh/allocation-engine";
import { say } from "../figure.ts";
import { laborReal } from "./labor-real.ts";

/**
 * One trade-off curve over all strategies and some weightings of labor-real, and three explanations, as text. For reading, not for
 * judging: a part of no suite. Jobs are taken to have waited a minute per place in the file from the end, candidates to come from the
 * first or second half of the file.
 */
const graph = await laborReal();
const jobs = graph.demandIds.length;
const people = graph.supplyIds.length;
const waiting = Array.from({ length: jobs }, (_, job) => (jobs - job) * 60);
const halves = Int32Array.from({ length: people }, (_, person) => (2 * person < people ? 0 : 1));

const variants: Variant[] = [
  { name: "STABLE", plan: { strategy: "STABLE" } },
  { name: "GREEDY", plan: { strategy: "GREEDY" } },
  { name: "PER_DEMAND_GREEDY", plan: { strategy: "PER_DEMAND_GREEDY" } },
  { name: "SCARCE_FIRST", plan: { strategy: "SCARCE_FIRST" } },
  { name: "LOTTERY", plan: { strategy: "LOTTERY", seed: 1 } },
  { name: "OPTIMAL", plan: { strategy: "OPTIMAL" } },
  {
    name: "OPTIMAL, a pair is worth 1 more",
    plan: { strategy: "OPTIMAL", objective: { fillBonus: 1_000_000 } },
  },
  {
    name: "OPTIMAL, 0.01 an hour of waiting",
    plan: { strategy: "OPTIMAL", objective: { waitingBonusPerHour: 10_000 } },
  },
  {
    name: "FAIR, 15,000 units to the second half",
    plan: { strategy: "FAIR", shares: [{ grouping: "half", value: "second", unitsMin: 15_000 }] },
  },
  {
    name: "EXPECTED, one wave at 40 %",
    plan: { strategy: "EXPECTED", acceptance: new Float64Array(graph.supplies.length).fill(0.4) },
  },
];

say(`labor-real: ${jobs} jobs, ${people} candidates, ${graph.supplies.length} pairs`);
const points: TradeOffPoint[] = [];
for (const variant of variants) {
  const start = performance.now();
  points.push(
    ...tradeOff(graph, [variant], {
      waiting,
      groups: [{ name: "half", side: "SUPPLY", values: ["first", "second"], of: halves }],
    }),
  );
  say(`${variant.name}: ${Math.round(performance.now() - start)} ms`);
}
process.stdout.write(`${table(points)}\n\n`);
const optimal = points[variants.findIndex(({ name }) => name === "OPTIMAL")]!;
for (const [demand, supply] of chosenPairs(graph, optimal.solution.assignment)) {
  const why = explain(graph, { strategy: "OPTIMAL" }, optimal.solution, demand, supply);
  process.stdout.write(`- ${explanationText(graph, why)}\n`);
}

function table(rows: readonly TradeOffPoint[]): string {
  const head =
    "| variant | fill | mean quality | value | mean wait h | blocking pairs | share of second half | rate ratio |";
  const lines = rows.map((row) => {
    const [{ groups, selectionRateRatio } = { groups: [], selectionRateRatio: 1 }] = row.fairness;
    return [
      row.name,
      percent(row.fill),
      (row.meanQuality / 1e6).toFixed(4),
      (row.value / 1e6).toFixed(1),
      ((row.meanWaitSeconds ?? 0) / 3600).toFixed(1),
      row.blockingPairs,
      percent(groups[1]?.exposureShare ?? 0),
      selectionRateRatio.toFixed(3),
    ].join(" | ");
  });
  return [head, "|---|---|---|---|---|---|---|---|", ...lines.map((line) => `| ${line} |`)].join("\n");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A pair that is in, one that was outbid, one that the demand did without although the supply is free. */
function chosenPairs(graph: Graph, { edges }: Assignment): [number, number][] {
  const taken = new Set(Array.from(edges, (edge) => graph.supplies[edge]!));
  const given = new Set(edges);
  const served = new Set(Array.from(edges, (edge) => graph.demands[edge]!));
  const first = edges[edges.length >> 1]!;
  const out = [...graph.supplies.keys()].filter(
    (edge) => !given.has(edge) && served.has(graph.demands[edge]!),
  );
  const outbid = out.filter(
    (edge) => taken.has(graph.supplies[edge]!) && graph.demandScores[edge]! > 500_000,
  );
  const filled = out.filter(
    (edge) => !taken.has(graph.supplies[edge]!) && graph.demandScores[edge]! > 200_000,
  );
  return [first, outbid[outbid.length >> 1], filled[filled.length >> 1]]
    .filter((edge) => edge !== undefined)
    .map((edge) => [graph.demands[edge]!, graph.supplies[edge]!]);
}
