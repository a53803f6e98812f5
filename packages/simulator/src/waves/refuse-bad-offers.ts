import { demandIdOf, type Residual, type SparseGraph, supplyIdOf } from "@marketmesh/allocation-engine";

/** A rule of the waves that a strategy broke. The message names the wave and the pair. */
export class WaveError extends Error {
  override readonly name = "WaveError";
}

/** Throws WaveError at the first offer that the rules do not allow. */
export function refuseBadOffers(
  graph: SparseGraph,
  { demandLeft, supplyLeft, asked }: Residual,
  edges: Uint32Array,
  wave: number,
): void {
  const [demandRoom, supplyRoom] = [demandLeft.slice(), supplyLeft.slice()];
  const offered = new Set<number>();
  for (const edge of edges) {
    if (edge >= graph.supplies.length) throw new WaveError(`wave ${wave}: there is no edge ${edge}`);
    const [demand, supply] = [graph.demands[edge]!, graph.supplies[edge]!];
    const pair = `${demandIdOf(graph, demand)}, ${supplyIdOf(graph, supply)}`;
    if (asked[edge] === 1 || offered.has(edge))
      throw new WaveError(`wave ${wave}: pair ${pair} was asked before`);
    if (demandRoom[demand]!-- <= 0)
      throw new WaveError(`wave ${wave}: pair ${pair}: no open opening is left`);
    if (supplyRoom[supply]!-- <= 0)
      throw new WaveError(`wave ${wave}: pair ${pair}: the supply is taken or asked`);
    offered.add(edge);
  }
}
