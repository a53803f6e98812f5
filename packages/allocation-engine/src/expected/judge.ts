import type { HindsightAuction } from "./hindsight-auction.ts";
import type { Sampling } from "./sample-world.ts";
import type { World } from "./world.ts";

const notInWorld = -1;

/**
 * Takes one solved world into the regret of every live pair. Would the pair accept in that world, taking it would displace what the
 * opening and the supply are otherwise worth: its gain plus its price, less the pair's own weight, and nothing when the best
 * assignment has the pair anyway. The duals answer that for pairs that do not accept in the world as well.
 *
 * Written to `regret` and `worlds`, which the caller owns.
 */
export function judge(
  sampling: Sampling,
  world: World,
  auction: HindsightAuction,
  forgetting: number,
  { regret, worlds }: { readonly regret: Float32Array; readonly worlds: Uint32Array },
): void {
  const { graph, live, fillBonus } = sampling;
  for (const [row, demand] of live.demands.entries()) {
    worlds[demand]!++;
    const share = Math.max(forgetting, 1 / worlds[demand]!);
    const gain = auction.gain[row]! - fillBonus;
    let pair = world.offsets[row]!;
    const end = world.offsets[row + 1]!;
    for (let at = live.offsets[row]!; at < live.offsets[row + 1]!; at++) {
      const edge = live.edges[at]!;
      const inWorld = pair < end && world.edges[pair] === edge ? pair++ : notInWorld;
      const chosen = inWorld !== notInWorld && auction.chose(inWorld);
      const lost = chosen
        ? 0
        : Math.max(0, gain + auction.price[graph.supplies[edge]!]! - graph.demandScores[edge]! / 1e6);
      const before = regret[edge]!;
      regret[edge] = before < 0 ? lost : before + share * (lost - before);
    }
  }
}
