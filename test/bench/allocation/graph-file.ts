import type { Graph } from "@marketmesh/allocation-engine";

/**
 * A graph of single units whose sides see each pair alike, as bytes: a line of JSON with ids and counts, padded to 8 bytes, then
 * capacities of both sides, offsets, supplies and scores as 32-bit numbers of this machine's byte order. For caches only.
 */
export function toBytes(graph: Graph): Uint8Array {
  const { demandIds, supplyIds } = graph;
  const line = JSON.stringify({ demandIds, supplyIds, edges: graph.supplies.length });
  const head = new TextEncoder().encode(line.padEnd(Math.ceil((line.length + 1) / 8) * 8 - 1).concat("\n"));
  const columns = [
    graph.demandCapacity,
    graph.supplyCapacity,
    graph.offsets,
    graph.supplies,
    graph.demandScores,
  ];
  return Buffer.concat([
    head,
    ...columns.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  ]);
}

export function fromBytes(file: Uint8Array): Graph {
  const headEnd = file.indexOf(10) + 1;
  const { demandIds, supplyIds, edges } = JSON.parse(new TextDecoder().decode(file.subarray(0, headEnd))) as {
    demandIds: string[];
    supplyIds: string[];
    edges: number;
  };
  let at = headEnd;
  const next = (count: number): ArrayBuffer => {
    const start = at;
    at += 4 * count;
    return new Uint8Array(file.subarray(start, at)).buffer;
  };
  const demandCapacity = new Int32Array(next(demandIds.length));
  const supplyCapacity = new Int32Array(next(supplyIds.length));
  const offsets = new Uint32Array(next(demandIds.length + 1));
  const supplies = new Uint32Array(next(edges));
  const demandScores = new Int32Array(next(edges));
  const demands = new Uint32Array(edges);
  for (let demand = 0; demand < demandIds.length; demand++) {
    demands.fill(demand, offsets[demand]!, offsets[demand + 1]!);
  }
  return {
    unitMode: "SPREAD",
    demandIds,
    supplyIds,
    demandCapacity,
    supplyCapacity,
    offsets,
    demands,
    supplies,
    demandScores,
    supplyScores: demandScores,
  };
}
