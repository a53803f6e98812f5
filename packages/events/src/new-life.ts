import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/**
 * Makes a restored database's feeds begin anew; for `restore`, before anything runs on it. Idempotent only as a whole
 * restore is: each call raises the epochs again.
 *
 * The lost future has used event ids and positions after those in the database. So every feed gets a new epoch, counted from
 * 1: what is announced from now on can't be taken for what was. Facts that have a position keep it with its epoch, because
 * the inboxes know them by it, and are published again, all of them: streams are made anew, and a subscription's database
 * may be older than its producer's. What is kept for a time counts from now: an inbox that forgets while its events are
 * delivered again would handle them twice.
 */
export async function beginNewLife(tx: Tx): Promise<void> {
  await tx.execute(sql`update marketmesh.feeds set epoch = epoch + 1, last_seq = 0`);
  await tx.execute(sql`update marketmesh.outbox
    set attempt = attempt + 1, publish_time = null, stream_seq = null, stream_identity = null
    where publish_time is not null`);
  await tx.execute(sql`update marketmesh.inbox set record_time = now()`);
  await tx.execute(sql`update marketmesh.remembered_requests set create_time = now()`);
}
