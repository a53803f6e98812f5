import type { Database, Tx } from "@marketmesh/postgres";
import { purgeRememberedRequests } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

const rowsMax = 5_000;
const roundsMax = 20;

/** How often the leading relay looks for what may go. */
export const purgeEveryMs = 60_000;

/**
 * Deletes what has served: outbox rows 7 days after they were published, inbox rows after 10, remembered answers after
 * one; at most 100,000 of each, in transactions of 5,000.
 */
export async function purge(database: Database): Promise<void> {
  for (const step of [purgeOutbox, purgeInbox, (tx: Tx) => purgeRememberedRequests(tx, rowsMax)]) {
    for (let round = 0; round < roundsMax; round++) {
      if ((await database.background(step)) < rowsMax) break;
    }
  }
}

/** Returns how many rows went. */
export async function purgeOutbox(tx: Tx): Promise<number> {
  const gone = await tx.execute(sql`delete from marketmesh.outbox where id = any(array(
    select id from (select id, publish_time from marketmesh.outbox order by id limit ${rowsMax}) oldest
    where publish_time < now() - interval '7 days'))`);
  return gone.count;
}

async function purgeInbox(tx: Tx): Promise<number> {
  const gone = await tx.execute(sql`delete from marketmesh.inbox where ctid = any(array(
    select ctid from marketmesh.inbox where record_time < now() - interval '10 days' and outcome <> 'parked'
    order by record_time limit ${rowsMax}))`);
  return gone.count;
}
