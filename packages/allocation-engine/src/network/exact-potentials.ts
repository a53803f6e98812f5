import { Ring } from "../ring.ts";
import type { Residual } from "./residual.ts";

/**
 * Potentials in units of cost that prove the flow cheapest, from prices in units of cost · `scale`: rounded down, then lowered
 * along every arc with room whose reduced cost is still negative (Bellman and Ford with a queue). They exist if and only if no
 * flow is cheaper; without them the search would not end, so it gives up after `scans` arcs and answers undefined.
 */
export function exactPotentials(residual: Residual, scale: number, scans: number): Float64Array | undefined {
  const { nodes, first, head, room, cost, price } = residual;
  const potentials = price.map((value) => Math.floor(value / scale));
  const changed = new Ring(nodes);
  for (let node = 0; node < nodes; node++) changed.add(node);
  for (let left = scans; changed.size > 0; ) {
    const node = changed.take();
    const end = first[node + 1]!;
    left -= end - first[node]!;
    if (left < 0) return undefined;
    for (let arc = first[node]!; arc < end; arc++) {
      if (room[arc]! <= 0) continue;
      const to = head[arc]!;
      // Costs are multiples of the scale; rounding takes the error of the division away.
      const most = potentials[node]! + Math.round(cost[arc]! / scale);
      if (potentials[to]! <= most) continue;
      potentials[to] = most;
      changed.add(to);
    }
  }
  return potentials;
}
