import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** What became of the pairs that rounds chose. Sums of scores are millionths. */
export interface Real {
  readonly offers: number;
  readonly taken: number;
  readonly takenUnits: number;
  readonly value: number;
  readonly declined: number;
  readonly silent: number;
  readonly waiting: number;
}

interface RealRow extends Record<string, unknown> {
  readonly offers: string;
  readonly taken: string;
  readonly taken_units: string;
  readonly value: string;
  readonly declined: string;
  readonly silent: string;
  readonly waiting: string;
}

/** Of one round, as far as it is answered. */
export async function readReal(tx: Tx, market: string, round: string): Promise<Real> {
  const [row] = await tx.execute<RealRow>(sql`
    select count(*) as offers,
      count(*) filter (where h.state = 'CONFIRMED') as taken,
      coalesce(sum(h.units) filter (where h.state = 'CONFIRMED'), 0) as taken_units,
      coalesce(sum(h.score::bigint) filter (where h.state = 'CONFIRMED'), 0) as value,
      count(*) filter (where h.state = 'RELEASED') as declined,
      count(*) filter (where h.state = 'EXPIRED') as silent,
      count(*) filter (where h.state = 'HELD') as waiting
    from round_pairs p
    join holds h on h.market = p.market and h.demand = p.demand and h.decision = p.decision and h.supply = p.supply
    where p.market = ${market} and p.bucket = ${bucketOf(round)} and p.round = ${round} and p.decision <> ''`);
  return {
    offers: Number(row!.offers),
    taken: Number(row!.taken),
    takenUnits: Number(row!.taken_units),
    value: Number(row!.value),
    declined: Number(row!.declined),
    silent: Number(row!.silent),
    waiting: Number(row!.waiting),
  };
}

export function addReal(parts: readonly Real[]): Real {
  const nothing = { offers: 0, taken: 0, takenUnits: 0, value: 0, declined: 0, silent: 0, waiting: 0 };
  return parts.reduce<Real>((sum, part) => {
    const keys = Object.keys(nothing) as (keyof Real)[];
    return Object.fromEntries(keys.map((key) => [key, sum[key] + part[key]])) as unknown as Real;
  }, nothing);
}
