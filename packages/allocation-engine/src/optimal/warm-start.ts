import { Auction, type AuctionRun, UNITS_PER_LOOK, VALUE_MAX } from "./auction.ts";
import { edgeAt, hold, type Market, type Side } from "./market.ts";
import { UnitAuction } from "./unit-auction.ts";

/** Epsilon per average value where paths finish the job: smaller shifts work from the paths to the auction. */
const EXACT_SHARE = 5e-4;

/** The proven gap of an auction is about 0.65 x epsilon per unit; this much of the bound is given away at once. */
const GAP_SHARE = 1.25;

/** Looks per bidder after which epsilon doubles with every further one: a price war is for the paths to end. */
const PATIENCE = 128;

/** What the auction left in the market: edges held, prices of the side that was bid for. */
export interface WarmStart {
  /** The side that bid; its prices are not set yet. */
  readonly near: Side;
  readonly far: Side;
  readonly looks: number;
}

/**
 * Runs the auction. The side with fewer units bids: whoever is in excess would only drive prices up to stay outside. Nodes of very many
 * units are better bid for than bidding.
 *
 * @param gap share of the value that the auction should leave unproven at most; 0 where paths finish the job
 */
export function warmStart(market: Market, gap: number): WarmStart {
  const { demand, supply, weights } = market;
  const [near, far] = burdenOf(supply) < burdenOf(demand) ? [supply, demand] : [demand, supply];
  let weightMax = 1;
  for (const weight of weights) weightMax = Math.max(weightMax, weight);
  const scale = scaleFor(weightMax);
  const single = isSingle(near) && isSingle(far);
  const auction: AuctionRun = new (single ? UnitAuction : Auction)(near, far, weights, scale);
  const share = gap > 0 ? gap * GAP_SHARE : EXACT_SHARE;
  let epsilon = Math.max(1, Math.floor(averageBest(market, near, far) * share * scale));
  for (let looks = PATIENCE * near.count + 1; !auction.run(epsilon, looks); looks = near.count) {
    epsilon = Math.min(2 * epsilon, VALUE_MAX);
  }
  auction.forEachHeld((position) => hold(market, edgeAt(near, position)));
  for (let node = 0; node < far.count; node++) {
    far.price[node] = Math.min(Math.floor(auction.prices[node]! / scale), weightMax);
  }
  return { near, far, looks: auction.looks };
}

/** Units to bid for, counted more where a bidder needs several looks for all of its own. */
function burdenOf({ room, count }: Side): number {
  let units = 0;
  for (let node = 0; node < count; node++) units += room[node]!;
  return units * Math.max(1, units / count / UNITS_PER_LOOK);
}

function isSingle({ room }: Side): boolean {
  return room.every((units) => units <= 1);
}

/** The largest whole number, or power of a half, that keeps values within the auction's 32 bits. */
function scaleFor(weightMax: number): number {
  if (weightMax <= VALUE_MAX) return Math.floor(VALUE_MAX / weightMax);
  return 2 ** Math.floor(Math.log2(VALUE_MAX / weightMax));
}

/** What a unit is worth: the mean over nodes of their best weight, an estimate from above. */
function averageBest({ weights }: Market, near: Side, far: Side): number {
  let sum = 0;
  let units = 0;
  for (let node = 0; node < near.count; node++) {
    let best = 0;
    for (let at = near.start[node]!; at < near.end[node]!; at++) {
      const edge = edgeAt(near, at);
      if (weights[edge]! > best && far.room[far.nodeOf[edge]!]! > 0) best = weights[edge]!;
    }
    if (best === 0 || near.room[node] === 0) continue;
    sum += best;
    units++;
  }
  return units === 0 ? 0 : sum / units;
}
