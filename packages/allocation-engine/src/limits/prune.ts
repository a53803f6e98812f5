import { unitsOfPair } from "../assignment.ts";
import { EngineError } from "../engine-error.ts";
import type { SparseGraph } from "../graph.ts";
import type { Pair, PinRefusal, RefusedPin } from "../plan.ts";
import { type Caps, eachCap } from "./caps.ts";
import { edgeOf, NO_EDGE } from "./edge-of.ts";
import { Taking } from "./taking.ts";

/** What is left to decide once exclusions are gone and pins are in. */
export interface Pruned {
  /** Fewer edges, and capacities less what pins take. The same graph when nothing was pruned. */
  readonly graph: SparseGraph;
  /** By edge of the smaller graph: the edge of the whole one. */
  readonly edges: Uint32Array;
  /** Less what pins take. */
  readonly caps: Caps;
  /** Edges of the whole graph that pins put in, ascending. */
  readonly pinned: readonly number[];
  readonly refusedPins: readonly RefusedPin[];
}

/**
 * Takes exclusions and unwanted edges out of the graph and pinned pairs out of its capacities, so that no strategy has to know of
 * them. Pins are tried in ascending order of demand, then supply; one that no longer fits is reported with its reason.
 *
 * @param unwanted by edge: 1 for what the strategy must never choose (a pin may)
 * @throws EngineError LIMIT_INVALID (an excluded or pinned position is not in the graph)
 */
export function prune(
  graph: SparseGraph,
  caps: Caps,
  unwanted: Uint8Array | undefined,
  exclusions: readonly Pair[] = [],
  pins: readonly Pair[] = [],
): Pruned {
  const gone = unwanted?.slice() ?? new Uint8Array(graph.supplies.length);
  const excluded = new Set<number>();
  for (const pair of exclusions) {
    const edge = edgeOfStated(graph, pair);
    if (edge === NO_EDGE) continue;
    excluded.add(edge);
    gone[edge] = 1;
  }
  const { taking, refusedPins } = takePins(graph, caps, excluded, pins);
  if (refusedPins.length === pins.length && !gone.includes(1)) {
    const edges = new Uint32Array(graph.supplies.length).map((_, edge) => edge);
    return { graph, edges, caps, pinned: [], refusedPins };
  }
  const pinned: number[] = [];
  for (let edge = 0; pins.length > 0 && edge < gone.length; edge++) {
    if (taking.chosen[edge] === 0) continue;
    pinned.push(edge);
    gone[edge] = 1;
  }
  const list = caps.list.map((cap, index) => {
    const unitsMax = taking.allowed[index]!;
    return { ...cap, unitsMax, unitsMin: Math.max(0, cap.unitsMin - (cap.unitsMax - unitsMax)) };
  });
  return { ...without(graph, gone, taking), caps: { ...caps, list }, pinned, refusedPins };
}

function takePins(graph: SparseGraph, caps: Caps, excluded: ReadonlySet<number>, pins: readonly Pair[]) {
  const taking = new Taking(graph, caps);
  const refusedPins: RefusedPin[] = [];
  const ascending = pins.toSorted((a, b) => a.demand - b.demand || a.supply - b.supply);
  for (const pair of ascending) {
    const edge = edgeOfStated(graph, pair);
    const reason = pinRefusal(taking, edge, excluded);
    if (reason === undefined) taking.take(edge);
    else if (reason !== "CHOSEN") refusedPins.push({ demand: pair.demand, supply: pair.supply, reason });
  }
  return { taking, refusedPins };
}

function pinRefusal(
  taking: Taking,
  edge: number,
  excluded: ReadonlySet<number>,
): PinRefusal | "CHOSEN" | undefined {
  if (edge === NO_EDGE) return "INELIGIBLE";
  if (excluded.has(edge)) return "EXCLUDED";
  const refusal = taking.refusal(edge);
  return refusal === "DEMAND" || refusal === "SUPPLY" ? "NO_CAPACITY" : refusal;
}

function edgeOfStated(graph: SparseGraph, { demand, supply }: Pair): number {
  const known = demand >= 0 && demand < graph.demandCapacity.length;
  if (!known || !(supply >= 0 && supply < graph.supplyCapacity.length)) {
    throw new EngineError("LIMIT_INVALID", `pair ${demand}, ${supply} is not in the graph`);
  }
  return edgeOf(graph, demand, supply);
}

function without(graph: SparseGraph, gone: Uint8Array, { wanted, left }: Taking) {
  let count = 0;
  for (let edge = 0; edge < gone.length; edge++) count += 1 - gone[edge]!;
  const edges = new Uint32Array(count);
  const offsets = new Uint32Array(graph.offsets.length);
  for (let edge = 0, next = 0; edge < gone.length; edge++) {
    if (gone[edge] === 1) continue;
    edges[next++] = edge;
    offsets[graph.demands[edge]! + 1]!++;
  }
  for (let demand = 1; demand < offsets.length; demand++) offsets[demand]! += offsets[demand - 1]!;
  const kept: SparseGraph = {
    ...graph,
    demandCapacity: wanted,
    supplyCapacity: left,
    offsets,
    demands: edges.map((edge) => graph.demands[edge]!),
    supplies: edges.map((edge) => graph.supplies[edge]!),
    demandScores: Int32Array.from(edges, (edge) => graph.demandScores[edge]!),
    supplyScores: Int32Array.from(edges, (edge) => graph.supplyScores[edge]!),
  };
  return { graph: kept, edges };
}

/** Units that edges use of every cap. */
export function unitsByCap(graph: SparseGraph, caps: Caps, edges: ArrayLike<number>): Float64Array {
  const units = new Float64Array(caps.list.length);
  for (let at = 0; caps.list.length > 0 && at < edges.length; at++) {
    const edge = edges[at]!;
    const size = unitsOfPair(graph, graph.demands[edge]!);
    eachCap(graph, caps, edge, (cap) => {
      units[cap]! += size;
    });
  }
  return units;
}
