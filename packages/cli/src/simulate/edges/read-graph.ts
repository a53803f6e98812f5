import { buildGraph, EngineError, type Graph } from "@marketmesh/allocation-engine";
import { UsageError } from "../../usage-error.ts";
import { idIn, numberIn, recordsOf } from "./lines.ts";

export interface GraphFiles {
  /** `demand,supply,score` */
  readonly edges: string;
  /** `demand,openings`, and perhaps a named column `opens` */
  readonly openings: string;
  /** What the best score there can be is written as. */
  readonly scoreMax: number;
}

const openingsMax = 1_000_000;
const opensMax = 100_000;

/** Who could be offered to whom, and by demand of the graph the wave in which it opens. */
export interface EdgesMarket {
  readonly graph: Graph;
  readonly opensAt: readonly number[];
}

/**
 * Reads who could be offered to whom. Every supply is one unit; a demand without edges counts with its openings, since they stay
 * unfilled; a demand with edges but no line in the openings file is refused. Without `opens` a demand is open from the start.
 */
export async function readGraph(files: GraphFiles): Promise<EdgesMarket> {
  const demands = await readOpenings(files.openings);
  const supplies = new Map<string, number>();
  const [edgeDemands, edgeSupplies, scores]: [number[], number[], number[]] = [[], [], []];
  for await (const record of recordsOf(files.edges, ["demand", "supply", "score"])) {
    const demand = idIn(files.edges, record, "demand");
    const at = demands.positions.get(demand);
    if (at === undefined) {
      throw new UsageError(
        `${files.edges}:${record.line}: demand ${demand} is not in ${files.openings}; allowed: a demand with openings`,
      );
    }
    edgeDemands.push(at);
    edgeSupplies.push(positionOf(supplies, idIn(files.edges, record, "supply")));
    const score = numberIn(files.edges, record, "score", files.scoreMax, false);
    scores.push(Math.round((1e6 * score) / files.scoreMax));
  }
  try {
    const graph = buildGraph({
      demandIds: [...demands.positions.keys()],
      demandCapacity: demands.openings,
      supplyIds: [...supplies.keys()],
      supplyCapacity: new Int32Array(supplies.size).fill(1),
      edgeDemands,
      edgeSupplies,
      demandScores: scores,
      supplyScores: scores,
    });
    const opensAt = graph.demandIds.map((id) => demands.opens[demands.positions.get(id)!]!);
    return { graph, opensAt };
  } catch (error) {
    if (error instanceof EngineError) throw new UsageError(`${files.edges}: ${error.message}`);
    throw error;
  }
}

interface Openings {
  readonly positions: Map<string, number>;
  readonly openings: number[];
  readonly opens: number[];
}

async function readOpenings(path: string): Promise<Openings> {
  const positions = new Map<string, number>();
  const openings: number[] = [];
  const opens: number[] = [];
  for await (const record of recordsOf(path, ["demand", "openings"])) {
    const demand = idIn(path, record, "demand");
    if (positions.has(demand))
      throw new UsageError(`${path}:${record.line}: demand ${demand} is listed twice`);
    positions.set(demand, openings.length);
    openings.push(numberIn(path, record, "openings", openingsMax, true));
    const later = (record.field("opens") ?? "") !== "";
    opens.push(later ? numberIn(path, record, "opens", opensMax, true) : 0);
  }
  return { positions, openings, opens };
}

function positionOf(positions: Map<string, number>, id: string): number {
  const known = positions.get(id);
  if (known !== undefined) return known;
  positions.set(id, positions.size);
  return positions.size - 1;
}
