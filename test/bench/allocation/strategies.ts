import {
  type AllocationPlan,
  allocate,
  buildGraph,
  type Graph,
  generalisedAssignment,
  loadPackingSolver,
  verifySolution,
} from "@marketmesh/allocation-engine";
import { emit, say } from "../figure.ts";
import { gapInstances } from "./orlib-gap.ts";

/** Files gap1 to gap12: 60 instances of generalised assignment, solved by the search that allocations with hard limits use. */
async function orlibGap(): Promise<void> {
  const search = await loadPackingSolver();
  const start = performance.now();
  let [reached, count] = [0, 0];
  for (let file = 1; file <= 12; file++) {
    for (const instance of gapInstances(`gap${file}`)) {
      const jobs = instance.weights[0]!.length;
      const flat = instance.weights.flatMap((row) => Array.from(row));
      // Worth more than all that could be gained by leaving one job out.
      const bonus = jobs * (Math.max(...flat) - Math.min(...flat)) + 1;
      const packing = generalisedAssignment(instance, bonus);
      const { taken } = search(packing);
      const given = taken.reduce((sum, own) => sum + own, 0);
      const worth = taken.reduce((sum, own, column) => sum + own * packing.weights[column]!, 0);
      const found = worth - given * bonus;
      const optimal = given === jobs && found === instance.optimum && feasible(instance, taken);
      if (!optimal) say(`${instance.name}: ${found} of ${instance.optimum}, ${given} of ${jobs} jobs`);
      reached += optimal ? 1 : 0;
      count++;
    }
  }
  say(`${count} instances of gap1-12 in ${Math.round(performance.now() - start)} ms`);
  const figure = { suite: "allocation", metric: "orlib_gap_optima", unit: "fraction" } as const;
  emit({ ...figure, value: reached / count, better: "higher", aim: 1 });
}

function feasible(
  { sizes, capacities }: ReturnType<typeof gapInstances>[number],
  taken: Uint8Array,
): boolean {
  const jobs = sizes[0]!.length;
  return sizes.every((row, agent) => {
    let used = 0;
    for (let job = 0; job < jobs; job++) used += taken[agent * jobs + job]! * row[job]!;
    return used <= capacities[agent]!;
  });
}

const groups = (graph: Graph): AllocationPlan["groups"] => [
  {
    name: "region",
    side: "SUPPLY",
    values: ["a", "b", "c", "d"],
    of: graph.supplyIds.map((_, supply) => supply % 4),
  },
];

/** Every strategy at labor-real's shape: three openings a job, four candidates a job, 20 pairs a job. */
function strategyTimes(demands: number, longRuns: boolean): void {
  const graph = marketOf(demands);
  const plans: [string, AllocationPlan][] = [
    ["STABLE", { strategy: "STABLE" }],
    ["GREEDY", { strategy: "GREEDY" }],
    ["PER_DEMAND_GREEDY", { strategy: "PER_DEMAND_GREEDY" }],
    ["SCARCE_FIRST", { strategy: "SCARCE_FIRST" }],
    ["LOTTERY", { strategy: "LOTTERY", seed: 1 }],
    ["OPTIMAL", { strategy: "OPTIMAL" }],
  ];
  const capped: [string, AllocationPlan][] = [
    [
      "FAIR",
      {
        strategy: "FAIR",
        groups: groups(graph)!,
        shares: [{ grouping: "region", value: "a", unitsMin: demands }],
      },
    ],
    [
      "OPTIMAL with limits",
      {
        strategy: "OPTIMAL",
        groups: groups(graph)!,
        limits: { units: [{ grouping: "region", value: "a", unitsMax: demands >> 1 }] },
      },
    ],
  ];
  for (const [name, plan] of longRuns ? [...plans, ...capped] : plans) {
    const start = performance.now();
    const before = process.cpuUsage();
    const solution = allocate(graph, plan);
    const ms = Math.round(performance.now() - start);
    const used = process.cpuUsage(before);
    const cpuMs = Math.round((used.user + used.system) / 1000);
    const broken = verifySolution(graph, plan, solution).length;
    if (broken > 0) throw new Error(`${name}: ${broken} violations`);
    const { pairs, value } = solution.facts;
    const line = {
      curve: "strategy_ms",
      strategy: name,
      demands,
      edges: graph.supplies.length,
      ms,
      cpuMs,
      pairs,
      value,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

function marketOf(demands: number): Graph {
  const supplies = 4 * demands;
  const degree = 20;
  const random = numbers(demands);
  const edgeDemands: number[] = [];
  const edgeSupplies: number[] = [];
  for (let demand = 0; demand < demands; demand++) {
    const own = new Set<number>();
    while (own.size < degree) own.add(random() % supplies);
    for (const supply of own) {
      edgeDemands.push(demand);
      edgeSupplies.push(supply);
    }
  }
  const scores = () => edgeDemands.map(() => 1 + (random() % 1_000_000));
  return buildGraph({
    demandIds: Array.from({ length: demands }, (_, demand) => `job-${demand}`),
    demandCapacity: new Int32Array(demands).fill(3),
    supplyIds: Array.from({ length: supplies }, (_, supply) => `candidate-${supply}`),
    supplyCapacity: new Int32Array(supplies).fill(1),
    edgeDemands,
    edgeSupplies,
    demandScores: scores(),
    supplyScores: scores(),
  });
}

/** mulberry32: the same market on every machine. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

await orlibGap();
for (const demands of [1_000, 10_000, 100_000]) strategyTimes(demands, demands <= 10_000);
