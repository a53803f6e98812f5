import type { Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";

/**
 * Says that this transaction records decisions: taken before their ids are drawn, so that who looks for transactions that may yet
 * show decisions of the time before finds it. Nobody waits for it but exports. Whoever decides now holds the market's clock instead.
 */
export async function holdRecording(tx: Tx, market: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${recordingKey(market)})`);
}

/** Transactions that may yet show decisions whose ids are of the time before; none of those that begin later can. */
export async function readRecording(tx: Tx, market: string): Promise<string[]> {
  const rows = await tx.execute<{ virtualtransaction: string }>(sql`
    select distinct virtualtransaction from pg_locks where ${ofRecording(market)} limit 10000`);
  return rows.map((row) => row.virtualtransaction);
}

/** Whether one of these transactions goes on. */
export async function isRecording(tx: Tx, market: string, transactions: readonly string[]): Promise<boolean> {
  const rows = await tx.execute(sql`
    select from pg_locks where ${ofRecording(market)}
      and virtualtransaction = any(${sql.param([...transactions])}::text[]) limit 1`);
  return rows.length > 0;
}

// What pg_locks shows of a lock on a number: its upper and its lower half. Of locks, unlike sessions, every role sees all.
function ofRecording(market: string): SQL {
  return sql`locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and ((classid::bigint << 32) | objid::bigint) in (${recordingKey(market)}, hashtextextended(${`clock/${market}`}, 0))`;
}

function recordingKey(market: string): SQL {
  return sql`hashtextextended(${`recording/${market}`}, 0)`;
}
