import type { Database } from "@marketmesh/postgres";
import { leaseOrdinals, type OrdinalBlock } from "./storage/ordinal-store.ts";

const blockMin = 64;
const kindsMax = 10_000;

/** Hands out the numbers of new listings. */
export interface Ordinals {
  /** `count` numbers of a kind, 1 to 1,000, each given once for ever. Those that are not used stay unused. */
  take(market: string, kind: string, count: number): Promise<readonly OrdinalBlock[]>;
}

/**
 * Leases blocks ahead, so that most new listings cost no lease. A process that stops leaves the rest of its block as a gap.
 * Ordinals of one kind are not in commit order, and nothing may read them so.
 */
export function ordinals(database: Pick<Database, "background">): Ordinals {
  const left = new Map<string, OrdinalBlock>();

  function takeKept(name: string, count: number): OrdinalBlock | undefined {
    const rest = left.get(name);
    if (!rest) return undefined;
    const [taken, kept] = split(rest, Math.min(rest.count, count));
    if (kept.count === 0) left.delete(name);
    else left.set(name, kept);
    return taken;
  }

  // Of two blocks that were leased at once, the larger rest is kept; the other becomes a gap.
  function keep(name: string, rest: OrdinalBlock): void {
    if (rest.count <= (left.get(name)?.count ?? 0)) return;
    left.set(name, rest);
    const [oldest] = left.keys();
    if (left.size > kindsMax && oldest !== undefined) left.delete(oldest);
  }

  return {
    async take(market, kind, count) {
      const name = `${market}/${kind}`;
      const own = takeKept(name, count);
      const missing = count - (own?.count ?? 0);
      if (missing === 0 || count === 0) return own ? [own] : [];
      const leased = await leaseOrdinals(database, market, kind, Math.max(blockMin, missing));
      const [taken, rest] = split(leased, missing);
      keep(name, rest);
      return own ? [own, taken] : [taken];
    },
  };
}

function split({ epoch, from, count }: OrdinalBlock, at: number): [OrdinalBlock, OrdinalBlock] {
  return [
    { epoch, from, count: at },
    { epoch, from: from + at, count: count - at },
  ];
}

/** Each number of the blocks in turn. */
export function* numbersOf(
  blocks: readonly OrdinalBlock[],
): Generator<{ ordinal: number; ordinalEpoch: bigint }> {
  for (const { epoch, from, count } of blocks) {
    for (let ordinal = from; ordinal < from + count; ordinal += 1) yield { ordinal, ordinalEpoch: epoch };
  }
}
