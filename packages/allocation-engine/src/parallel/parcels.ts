import type { SparseGraph } from "../graph.ts";
import { identity, stableOrder } from "../order.ts";
import { ALONE, type Components } from "./components.ts";

/** Components are put together until a parcel has so many edges: fewer, larger jobs. It must not depend on the machine. */
const PARCEL_EDGES = 50_000;

/** A graph cut into parcels that share no pair, in memory that threads share. Columns as in the graph unless said otherwise. */
export interface Parcels {
  readonly count: number;
  readonly unitMode: SparseGraph["unitMode"];
  readonly gap: number;
  readonly demandCapacity: Int32Array;
  readonly supplyCapacity: Int32Array;
  readonly offsets: Uint32Array;
  readonly supplies: Uint32Array;
  readonly weights: Int32Array;
  /** Nodes by parcel, ascending: `order[offsets[parcel]] .. `; nodes alone come last, in a parcel nobody solves. */
  readonly demandOrder: Uint32Array;
  readonly demandOffsets: Uint32Array;
  readonly supplyOrder: Uint32Array;
  readonly supplyOffsets: Uint32Array;
  /** By supply: its place in its parcel. */
  readonly placeOf: Uint32Array;
  /** Results, written by whoever solves a parcel: 1 per chosen edge, prices, work by parcel. */
  readonly chosen: Uint8Array;
  readonly demandPrices: Int32Array;
  readonly supplyPrices: Int32Array;
  readonly work: Float64Array;
  /** One number: the next parcel to take. */
  readonly next: Int32Array;
}

/** @param shared whether threads will work on it: then columns are copied into shared memory */
export function cut(
  graph: SparseGraph,
  weights: Int32Array,
  gap: number,
  { count, ofDemand, ofSupply, edges }: Components,
  shared: boolean,
): Parcels {
  const parcelOf = parcelsOf(edges);
  const parcels = count === 0 ? 0 : parcelOf[count - 1]! + 1;
  const parcelOrLast = (component: number) => (component === ALONE ? parcels : parcelOf[component]!);
  const demands = group(ofDemand, parcelOrLast, parcels);
  const supplies = group(ofSupply, parcelOrLast, parcels);
  const placeOf = new Uint32Array(ofSupply.length);
  for (let parcel = 0; parcel <= parcels; parcel++) {
    const first = supplies.offsets[parcel]!;
    for (let at = first; at < supplies.offsets[parcel + 1]!; at++) placeOf[supplies.order[at]!] = at - first;
  }
  const place = <Column extends Int32Array | Uint32Array | Uint8Array | Float64Array>(column: Column) =>
    shared ? intoShared(column) : column;
  return {
    count: parcels,
    unitMode: graph.unitMode,
    gap,
    demandCapacity: place(graph.demandCapacity),
    supplyCapacity: place(graph.supplyCapacity),
    offsets: place(graph.offsets),
    supplies: place(graph.supplies),
    weights: place(weights),
    demandOrder: place(demands.order),
    demandOffsets: place(demands.offsets),
    supplyOrder: place(supplies.order),
    supplyOffsets: place(supplies.offsets),
    placeOf: place(placeOf),
    chosen: place(new Uint8Array(weights.length)),
    demandPrices: place(new Int32Array(ofDemand.length)),
    supplyPrices: place(new Int32Array(ofSupply.length)),
    work: place(new Float64Array(parcels)),
    next: place(new Int32Array(1)),
  };
}

/** By component: its parcel. Components go into parcels in their order. */
function parcelsOf(edges: Float64Array): Uint32Array {
  const parcelOf = new Uint32Array(edges.length);
  let parcel = 0;
  let filled = 0;
  for (let component = 0; component < edges.length; component++) {
    if (filled >= PARCEL_EDGES) {
      parcel++;
      filled = 0;
    }
    parcelOf[component] = parcel;
    filled += edges[component]!;
  }
  return parcelOf;
}

function group(ofNode: Int32Array, parcelOf: (component: number) => number, parcels: number) {
  const keys = Uint32Array.from(ofNode, parcelOf);
  return stableOrder(identity(ofNode.length), keys, parcels + 1);
}

function intoShared<Column extends Int32Array | Uint32Array | Uint8Array | Float64Array>(
  column: Column,
): Column {
  const Columns = column.constructor as new (buffer: SharedArrayBuffer) => Column;
  const copy = new Columns(new SharedArrayBuffer(column.byteLength));
  copy.set(column);
  return copy;
}
