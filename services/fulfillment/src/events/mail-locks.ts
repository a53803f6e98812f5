import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

const locksPerMarket = 64;

/**
 * Lets nobody else of the market pass by with facts about these subjects, or with runs that want them, until the transaction
 * ends: a fact that finds no run and a run that finds no fact, at the same time, would miss each other. Taken before any run is
 * locked, in ascending order.
 */
export async function lockMail(tx: Tx, market: string, subjects: Iterable<string>): Promise<void> {
  const slots = [...new Set([...subjects].map((subject) => bucketOf(subject) % locksPerMarket))];
  if (slots.length === 0) return;
  slots.sort((a, b) => a - b);
  await tx.execute(sql`
    select pg_advisory_xact_lock(hashtext(${market}), slot)
    from unnest(${sql.param(slots.map(String))}::int[]) with ordinality as slots(slot, place) order by place`);
}
