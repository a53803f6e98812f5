import type { Revision } from "@marketmesh/contracts";
import type { Database } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { listingSubscription } from "../storage/projection-store.ts";
import { openTestDatabase } from "../testing/database.ts";
import { awaitRevisions } from "./revisions.ts";
import { Signals } from "./signals.ts";

const at = (feedEpoch: bigint, feedSeq: bigint): Revision => ({ of: "feed", feedEpoch, feedSeq });

const record = (database: Database, epoch: number, seq: number) =>
  database.background((tx) =>
    tx.execute(sql`
      insert into marketmesh.inbox (subscription, service, feed_epoch, event_id, feed, feed_seq, outcome)
      values (${listingSubscription}, 'catalog', ${epoch}, ${seq}, 'listing', ${seq}, 'handled')`),
  );

test("a revision of a feed's former life does not stand in for one of its new life, whose numbers are smaller", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const both = [at(1n, 2n), at(2n, 1n)];
  const wait = (ms: number) =>
    awaitRevisions(database, new Signals(), "bazaar", both, AbortSignal.timeout(ms));
  await record(database, 1, 1);
  await record(database, 1, 2);
  await expect(wait(200)).rejects.toThrow("does not reflect");
  await record(database, 2, 1);
  await wait(240_000);
});
