import { columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Gives ended runs that lack it their close time; an earlier release ended them. Returns how many. */
export async function closeRuns(tx: Tx, rowsMax: number): Promise<number> {
  const closed = await tx.execute(sql`update runs set close_time = now() where ctid = any(array(
    select ctid from runs where end_time is not null and close_time is null
    order by market, bucket, id limit ${rowsMax} for update skip locked))`);
  return closed.count;
}

/** Removes runs that were closed so long ago, with all that is theirs. Returns how many. */
export async function removeClosedRuns(tx: Tx, keptMs: number, rowsMax: number): Promise<number> {
  const found = await tx.execute<RunKey>(sql`
    select market, bucket, id from runs where close_time < now() - ${keptMs} * interval '1 millisecond'
    order by close_time limit ${rowsMax} for update skip locked`);
  if (found.length === 0) return 0;
  const given = columns([...found], {
    market: ["text", ({ market }) => market],
    bucket: ["int4", ({ bucket }) => bucket],
    id: ["text", ({ id }) => id],
  });
  for (const table of byRunKey) {
    await tx.execute(sql`delete from ${sql.identifier(table)} t using ${given}
      where t.market = given.market and t.bucket = given.bucket and t.run = given.id`);
  }
  // These have buckets of their own.
  for (const table of byRun) {
    await tx.execute(sql`delete from ${sql.identifier(table)} t using ${given}
      where t.market = given.market and t.run = given.id`);
  }
  await tx.execute(sql`delete from runs t using ${given}
    where t.market = given.market and t.bucket = given.bucket and t.id = given.id`);
  return found.length;
}

interface RunKey extends Record<string, unknown> {
  readonly market: string;
  readonly bucket: number;
  readonly id: string;
}

const byRunKey = ["run_states", "run_history", "run_stages", "pending_calls"] as const;
const byRun = ["tasks", "run_interests"] as const;

/** Held until the transaction ends, so that one replica removes at a time; false when another has it. */
export async function takeRemoving(tx: Tx): Promise<boolean> {
  const [row] = await tx.execute<{ taken: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtext('removing ended runs')) as taken`,
  );
  return row?.taken === true;
}
