import { promisify } from "node:util";
import { gunzip, gzip, gzipSync } from "node:zlib";
import { buildGraph, UNLIMITED } from "@marketmesh/allocation-engine";
import { packGraph, type RecordedGraph, unpackGraph } from "../domain/packed-graph.ts";
import type { DemandChoices } from "../domain/pick-supplies.ts";
import type { DecidedPair } from "./log-entry.ts";

/** Candidates that are kept of one demand, beside those that it got. */
export const consideredMax = 100;

const compress = promisify(gzip);
const decompress = promisify(gunzip);
/** Up to so many bytes are compressed at once: sooner done than another thread is asked. */
const atOnceMax = 16_384;

/**
 * What allocate-now looked at: of each demand its best candidates and those that it got, as a packed graph. Which candidates had
 * nothing left is not in it: what was passed over for a worse one had not.
 */
export async function packConsidered(
  choices: readonly DemandChoices[],
  openUnits: ReadonlyMap<string, number>,
  picked: readonly DecidedPair[],
): Promise<Uint8Array> {
  const bytes = packGraph(graphOf(choices, openUnits, picked));
  const options = { level: 1 };
  return bytes.length <= atOnceMax ? gzipSync(bytes, options) : compress(bytes, options);
}

export async function unpackConsidered(content: Uint8Array): Promise<RecordedGraph> {
  return unpackGraph(await decompress(content));
}

function graphOf(
  choices: readonly DemandChoices[],
  openUnits: ReadonlyMap<string, number>,
  picked: readonly DecidedPair[],
): RecordedGraph {
  const taken = new Set(picked.map(({ demand, supply }) => `${demand}\t${supply}`));
  const supplies = new Map<string, number>();
  const edges: { demand: number; supply: number; demandScore: number; supplyScore: number }[] = [];
  for (const [demand, { demand: id, candidates }] of choices.entries()) {
    for (const [rank, { supply, demandScore, supplyScore }] of candidates.entries()) {
      if (rank >= consideredMax && !taken.has(`${id}\t${supply}`)) continue;
      const position = supplies.get(supply) ?? supplies.size;
      supplies.set(supply, position);
      edges.push({ demand, supply: position, demandScore, supplyScore });
    }
  }
  const graph = buildGraph({
    demandIds: choices.map(({ demand }) => demand),
    demandCapacity: choices.map(({ demand }) => Math.min(openUnits.get(demand) ?? 0, UNLIMITED - 1)),
    supplyIds: [...supplies.keys()],
    supplyCapacity: new Int32Array(supplies.size).fill(UNLIMITED),
    edgeDemands: edges.map(({ demand }) => demand),
    edgeSupplies: edges.map(({ supply }) => supply),
    demandScores: edges.map(({ demandScore }) => demandScore),
    supplyScores: edges.map(({ supplyScore }) => supplyScore),
  });
  const chosen = Uint32Array.from(
    [...graph.supplies.keys()].filter((edge) =>
      taken.has(`${graph.demandIds[graph.demands[edge]!]!}\t${graph.supplyIds[graph.supplies[edge]!]!}`),
    ),
  );
  return { graph, chosen, extra: {} };
}
