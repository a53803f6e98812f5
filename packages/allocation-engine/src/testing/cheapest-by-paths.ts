import type { Network } from "../network/network.ts";

interface Arc {
  readonly tail: number;
  readonly head: number;
  readonly cost: number;
  room: number;
  twin: Arc | undefined;
}

/**
 * Least cost of a small network by the plainest way: arcs that pay are filled, then every unit in excess goes along a
 * cheapest path to a deficit (Bellman and Ford). Undefined: infeasible. An oracle that shares no idea with cost scaling.
 */
export function cheapestByPaths({
  supplies,
  tails,
  heads,
  lower,
  upper,
  costs,
}: Network): number | undefined {
  const excess = Array.from(supplies);
  const arcs: Arc[] = [];
  let cost = 0;
  for (let arc = 0; arc < tails.length; arc++) {
    const [tail, head, price] = [tails[arc]!, heads[arc]!, costs[arc]!];
    const least = lower?.[arc] ?? 0;
    const filled = price < 0 ? upper[arc]! : least;
    cost += filled * price;
    excess[tail]! -= filled;
    excess[head]! += filled;
    const forward: Arc = { tail, head, cost: price, room: upper[arc]! - filled, twin: undefined };
    const back: Arc = { tail: head, head: tail, cost: -price, room: filled - least, twin: forward };
    forward.twin = back;
    arcs.push(forward, back);
  }
  for (;;) {
    const from = excess.findIndex((units) => units > 0);
    if (from < 0) return cost;
    const path = cheapestPath(arcs, excess, from);
    if (path === undefined) return undefined;
    for (const arc of path) {
      arc.room--;
      arc.twin!.room++;
      cost += arc.cost;
    }
    excess[from]!--;
    excess[path.at(-1)!.head]!++;
  }
}

function cheapestPath(arcs: readonly Arc[], excess: readonly number[], from: number): Arc[] | undefined {
  const distance = excess.map((_, node) => (node === from ? 0 : Number.POSITIVE_INFINITY));
  const via: (Arc | undefined)[] = excess.map(() => undefined);
  for (let round = 0; round < excess.length; round++) {
    for (const arc of arcs) {
      const found = distance[arc.tail]! + arc.cost;
      if (arc.room <= 0 || found >= distance[arc.head]!) continue;
      distance[arc.head] = found;
      via[arc.head] = arc;
    }
  }
  let to = -1;
  for (const [node, units] of excess.entries()) {
    if (units < 0 && distance[node]! < (to < 0 ? Number.POSITIVE_INFINITY : distance[to]!)) to = node;
  }
  if (to < 0) return undefined;
  const path: Arc[] = [];
  for (let node = to; node !== from; node = path[0]!.tail) path.unshift(via[node]!);
  return path;
}
