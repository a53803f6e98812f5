import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buildGraph, type Graph } from "@marketmesh/allocation-engine";
import { type FileMapping, mapRows, readScenario } from "@marketmesh/markets";
import { fromBytes, toBytes } from "./graph-file.ts";

const checkout = resolve(import.meta.dirname, "../../..");

/** Raise it when the graph of the same file would come out different. */
const version = 1;

/**
 * The labor-real scenario as a graph: 40,000 candidates, 10,000 jobs with 30,109 openings (units drawn with seed 1), every
 * eligible pair (two shared skills, or one where the job names one), scores as the scenario's model gives them. There is no
 * second model, so both sides see a pair alike, as a round of the service has it. Kept as a file in the state folder.
 */
export async function laborReal(): Promise<Graph> {
  const [candidates, jobs] = readScenario(join(checkout, "test/scenarios/labor-real.yaml")).markets[0]!
    .files as [FileMapping, FileMapping];
  const source = createHash("sha256").update(readFileSync(candidates.path)).digest("hex").slice(0, 16);
  const path = join(
    process.env.MARKETMESH_STATE_DIR ?? join(checkout, ".marketmesh"),
    "bench",
    `labor-real-${version}-${source}.graph`,
  );
  if (existsSync(path)) return fromBytes(readFileSync(path));
  const graph = graphOf(await sideOf(candidates, "skills"), await sideOf(jobs, "required_skills"));
  mkdirSync(dirname(path), { recursive: true });
  // Written beside and moved: two scripts may start at once.
  writeFileSync(`${path}.${process.pid}`, toBytes(graph));
  renameSync(`${path}.${process.pid}`, path);
  return graph;
}

interface Side {
  readonly ids: string[];
  readonly units: number[];
  readonly skills: string[][];
}

async function sideOf(mapping: FileMapping, attribute: string): Promise<Side> {
  const side: Side = { ids: [], units: [], skills: [] };
  for await (const { id, capacity, attributes } of mapRows(mapping, 1)) {
    side.ids.push(id);
    side.units.push(capacity?.units ?? 1);
    side.skills.push(attributes[attribute] as string[]);
  }
  return side;
}

function graphOf(supply: Side, demand: Side): Graph {
  const holders = holdersOf(supply.skills);
  const weightOf = rarityOf([...supply.skills, ...demand.skills]);
  const [edgeDemands, edgeSupplies, scores]: [number[], number[], number[]] = [[], [], []];
  const shared = new Uint16Array(supply.ids.length);
  const weight = new Float64Array(supply.ids.length);
  for (const [job, wanted] of demand.skills.entries()) {
    const whole = wanted.reduce((sum, skill) => sum + weightOf(skill), 0);
    const touched: number[] = [];
    for (const skill of wanted) {
      for (const holder of holders.get(skill) ?? []) {
        if (shared[holder]!++ === 0) touched.push(holder);
        weight[holder]! += weightOf(skill);
      }
    }
    for (const holder of wanted.length === 0 ? supply.ids.keys() : touched) {
      if (shared[holder]! >= Math.min(2, wanted.length)) {
        edgeDemands.push(job);
        edgeSupplies.push(holder);
        scores.push(whole === 0 ? 0 : Math.floor((1e6 * weight[holder]!) / whole));
      }
      shared[holder] = 0;
      weight[holder] = 0;
    }
  }
  return buildGraph({
    demandIds: demand.ids,
    demandCapacity: demand.units,
    supplyIds: supply.ids,
    supplyCapacity: supply.units,
    edgeDemands,
    edgeSupplies,
    demandScores: scores,
    supplyScores: scores,
  });
}

function holdersOf(skills: readonly string[][]): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  for (const [holder, held] of skills.entries()) {
    for (const skill of held) {
      const list = holders.get(skill);
      if (list === undefined) holders.set(skill, [holder]);
      else list.push(holder);
    }
  }
  return holders;
}

/** Inverse document frequency over both sides together, in millionths, as the RARITY weighting has it. */
function rarityOf(documents: readonly string[][]): (skill: string) => number {
  const frequencies = new Map<string, number>();
  for (const skill of documents.flat()) frequencies.set(skill, (frequencies.get(skill) ?? 0) + 1);
  const weights = new Map<string, number>();
  for (const [skill, frequency] of frequencies) {
    weights.set(skill, Math.round(1e6 * Math.log(documents.length / frequency)));
  }
  return (skill) => weights.get(skill)!;
}
