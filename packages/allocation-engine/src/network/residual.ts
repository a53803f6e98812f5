/** Whole numbers; of 32 bits where all of them fit, for half of the memory is read in less time. */
export type Wholes = Int32Array | Float64Array;

/**
 * The residual graph as a forward star: the arcs that leave node `v` are `first[v] .. first[v + 1] - 1`, and each has a twin
 * the other way, at `twin[a]`.
 */
export interface Residual {
  readonly nodes: number;
  readonly first: Int32Array;
  readonly head: Int32Array;
  readonly twin: Int32Array;
  /** Per arc: units that may still be sent. */
  readonly room: Wholes;
  /** Per arc: cost of a unit, scaled; the twin's is its negative. */
  readonly cost: Wholes;
  readonly price: Float64Array;
  /** Per node: units that wait to be sent on; below 0, units that are missing. */
  readonly excess: Float64Array;
}

/** What to build a residual graph from: arcs by position, without any from a node to itself. */
export interface ResidualArcs {
  readonly nodes: number;
  readonly tails: Int32Array;
  readonly heads: Int32Array;
  readonly costs: Float64Array;
  /** Units an arc may still carry, and units it carries that may be taken back. */
  readonly room: Float64Array;
  readonly taken: Float64Array;
}

/** Builds the star. `at[arc]`: where arc number `arc` went. */
export function residualOf(arcs: ResidualArcs): { residual: Residual; at: Int32Array } {
  const { nodes, tails, heads } = arcs;
  const count = tails.length;
  const first = new Int32Array(nodes + 1);
  for (let arc = 0; arc < count; arc++) {
    first[tails[arc]! + 1]!++;
    first[heads[arc]! + 1]!++;
  }
  for (let node = 0; node < nodes; node++) first[node + 1]! += first[node]!;
  const next = first.slice();
  const residual: Residual = {
    nodes,
    first,
    head: new Int32Array(2 * count),
    twin: new Int32Array(2 * count),
    room: new (roomsFit(arcs) ? Int32Array : Float64Array)(2 * count),
    cost: new (costsFit(arcs) ? Int32Array : Float64Array)(2 * count),
    price: new Float64Array(nodes),
    excess: new Float64Array(nodes),
  };
  const at = new Int32Array(count);
  for (let arc = 0; arc < count; arc++) {
    const forward = next[tails[arc]!]!++;
    const back = next[heads[arc]!]!++;
    at[arc] = forward;
    put(residual, forward, back, heads[arc]!, arcs.costs[arc]!, arcs.room[arc]!);
    put(residual, back, forward, tails[arc]!, -arcs.costs[arc]!, arcs.taken[arc]!);
  }
  return { residual, at };
}

const LARGEST = 2 ** 31 - 1;

/** An arc and its twin have room for as much together as they begin with. */
function roomsFit({ room, taken }: ResidualArcs): boolean {
  for (let arc = 0; arc < room.length; arc++) if (room[arc]! + taken[arc]! > LARGEST) return false;
  return true;
}

function costsFit({ costs }: ResidualArcs): boolean {
  for (let arc = 0; arc < costs.length; arc++) if (Math.abs(costs[arc]!) > LARGEST) return false;
  return true;
}

function put(residual: Residual, at: number, twin: number, head: number, cost: number, room: number): void {
  residual.head[at] = head;
  residual.twin[at] = twin;
  residual.cost[at] = cost;
  residual.room[at] = room;
}
