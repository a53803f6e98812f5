import { createMetrics } from "@marketmesh/telemetry";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { purge } from "../src/housekeeping.ts";
import { namesOf } from "../src/names.ts";
import { runRelay } from "../src/relay.ts";
import { note, seen, soon, startMesh, until } from "./mesh.ts";

test("forgets facts 7 days after they were published, never before, and keeps counting on", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  await mesh.put(Array.from({ length: 10 }, (_, index) => ({ id: `t${index}`, version: 1n })));
  await until(
    () => mesh.feeds(events).getEventCounts({}),
    ({ pending }) => pending === 0n,
  );
  await mesh.database.background((tx) =>
    tx.execute(
      sql`update marketmesh.outbox set publish_time = now() - interval '7 days 1 minute' where feed_seq <= 6`,
    ),
  );
  await purge(mesh.database);
  const left = await mesh.database.background((tx) =>
    tx.execute(sql`select feed_seq from marketmesh.outbox order by 1`),
  );
  expect(left.map((row) => row.feed_seq)).toEqual(["7", "8", "9", "10"]);
  const follower = mesh.follow(events, seen());
  await mesh.put([{ id: "t0", version: 2n }]);
  await follower.waitFor(11n, soon());
  expect((await mesh.feeds(events).locateFeed({ feed: "thing", feedSeq: 5n })).purged).toBe(true);
});

test("remembers what is published again as long as it may come", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  const work = { subscription: "notes", service: "things", feeds: ["thing"], batchMax: 10 };
  events.work(work, (tx, envelopes) => note(tx, envelopes, "it"));
  await mesh.put([
    { id: "a", version: 1n },
    { id: "b", version: 1n },
  ]);
  const countsOf = () => mesh.feeds(events).getEventCounts({});
  await until(countsOf, ({ consumed }) => consumed === 2n);
  await mesh.database.background((tx) =>
    tx.execute(sql`update marketmesh.inbox set record_time = now() - interval '11 days'`),
  );
  await mesh.feeds(events).republish({ feed: "thing", feedSeqs: [1n] });
  await until(countsOf, ({ redelivered }) => redelivered === 1n);
  await purge(mesh.database);
  const left = await mesh.database.background((tx) => tx.execute(sql`select feed_seq from marketmesh.inbox`));
  expect(left.map((row) => row.feed_seq)).toEqual(["1"]);
});

test("forgets under traffic that never stops", async () => {
  await using mesh = await startMesh();
  const stopping = new AbortController();
  let version = 1n;
  await mesh.put([{ id: "a", version }]);
  const running = runRelay(
    {
      database: mesh.database,
      client: mesh.nats.jetstream(),
      manager: await mesh.nats.jetstreamManager(),
      names: namesOf(mesh.namespace),
      service: "things",
      streamBytesMax: 64 * 1024 * 1024,
      replicas: 1,
      purgeEveryMs: 0,
      onNotice: () => {},
      metrics: createMetrics(),
      async onStep(step) {
        if (step !== "stamped") return;
        await mesh.put([{ id: "a", version: ++version }]);
        await mesh.database.background((tx) =>
          tx.execute(
            sql`update marketmesh.outbox set publish_time = now() - interval '8 days'
            where feed_seq = 1 and publish_time is not null`,
          ),
        );
      },
    },
    stopping.signal,
  );
  const oldest = () =>
    mesh.database.background((tx) =>
      tx.execute<{ seq: string | null }>(sql`select min(feed_seq) as seq from marketmesh.outbox`),
    );
  await until(oldest, ([row]) => Number(row?.seq) > 1);
  stopping.abort();
  await running;
});
