import type { Graph, UnitMode } from "@marketmesh/allocation-engine";
import { type Column, packColumns, unpackColumns } from "./packed-columns.ts";

/**
 * What a round solved and what came out. A supply with an exclusive group is one node per group value, whose id is
 * `<supply>\n<group>=<value>`; `supplyOfNode` gives the listing.
 */
export interface RecordedGraph {
  readonly graph: Graph;
  /** Edges that were chosen, ascending. */
  readonly chosen: Uint32Array;
  /** Further columns by name, one value per edge, demand or supply: `weights`, `acceptance`. */
  readonly extra: Readonly<Record<string, Column>>;
}

interface GraphHeader {
  readonly unitMode: UnitMode;
  readonly demandIds: readonly string[];
  readonly supplyIds: readonly string[];
}

const own = ["demandCapacity", "supplyCapacity", "offsets", "supplies", "demandScores"] as const;

/** The graph as bytes, to be compressed and kept with its round. */
export function packGraph({ graph, chosen, extra }: RecordedGraph): Uint8Array {
  const { unitMode, demandIds, supplyIds } = graph;
  const columns: Record<string, Column> = { chosen };
  for (const name of own) columns[name] = graph[name];
  // Where supplies like demands as they are liked, the column is kept once.
  if (!sameScores(graph)) columns.supplyScores = graph.supplyScores;
  for (const [name, column] of Object.entries(extra)) columns[`extra.${name}`] = column;
  return packColumns({ unitMode, demandIds, supplyIds } satisfies GraphHeader, columns);
}

export function unpackGraph(bytes: Uint8Array): RecordedGraph {
  const { header, columns } = unpackColumns<GraphHeader>(bytes);
  const offsets = columns.offsets as Uint32Array;
  const demandScores = columns.demandScores as Int32Array;
  const graph: Graph = {
    ...header,
    demandCapacity: columns.demandCapacity as Int32Array,
    supplyCapacity: columns.supplyCapacity as Int32Array,
    offsets,
    demands: demandsOf(offsets),
    supplies: columns.supplies as Uint32Array,
    demandScores,
    supplyScores: (columns.supplyScores as Int32Array | undefined) ?? demandScores,
  };
  const extra = Object.entries(columns).filter(([name]) => name.startsWith("extra."));
  return {
    graph,
    chosen: columns.chosen as Uint32Array,
    extra: Object.fromEntries(extra.map(([name, column]) => [name.slice("extra.".length), column])),
  };
}

/** The listing of a supply node. */
export function supplyOfNode(node: string): string {
  const end = node.indexOf("\n");
  return end < 0 ? node : node.slice(0, end);
}

/** What a solution proves: see `Certificate` of the engine. Sums are exact below 2^53. */
export interface RecordedCertificate {
  readonly primal: number;
  readonly dual: number;
  readonly gap: number;
  readonly exact: boolean;
  /** One per demand of the graph. */
  readonly demandPrices: Column;
  /** One per supply node of the graph. */
  readonly supplyPrices: Column;
  /** By limit; absent without limits. */
  readonly limitPrices?: Column;
  /** By limit: units that shares were granted. */
  readonly granted?: Column;
  /** What branch and bound proved that nothing exceeds. */
  readonly searchBound?: number;
}

export function packCertificate(certificate: RecordedCertificate): Uint8Array {
  const { demandPrices, supplyPrices, limitPrices, granted, ...proof } = certificate;
  const ofLimits = { ...(limitPrices && { limitPrices }), ...(granted && { granted }) };
  return packColumns(proof, { demandPrices, supplyPrices, ...ofLimits });
}

type Numbers = Pick<RecordedCertificate, "primal" | "dual" | "gap" | "exact" | "searchBound">;

export function unpackCertificate(bytes: Uint8Array): RecordedCertificate {
  const { header, columns } = unpackColumns<Numbers>(bytes);
  const { demandPrices, supplyPrices, limitPrices, granted } = columns;
  if (!demandPrices || !supplyPrices) throw new Error("a certificate without prices");
  const ofLimits = { ...(limitPrices && { limitPrices }), ...(granted && { granted }) };
  return { ...header, demandPrices, supplyPrices, ...ofLimits };
}

function demandsOf(offsets: Uint32Array): Uint32Array {
  const demands = new Uint32Array(offsets.at(-1) ?? 0);
  for (let demand = 0; demand + 1 < offsets.length; demand += 1) {
    demands.fill(demand, offsets[demand], offsets[demand + 1]);
  }
  return demands;
}

function sameScores({ demandScores, supplyScores }: Graph): boolean {
  return demandScores === supplyScores || demandScores.every((score, edge) => score === supplyScores[edge]);
}
