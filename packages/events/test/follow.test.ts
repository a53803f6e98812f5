import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Events } from "../src/index.ts";
import { seen, soon, startMesh, until } from "./mesh.ts";

const some = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `t${from + index}`, version: 1n }));

test("shows every replica everything, from the export and then from the feed", async () => {
  await using mesh = await startMesh();
  await mesh.put(some(0, 30));
  const replicas = await Promise.all([mesh.start(), mesh.start()]);
  const projections = replicas.map((events) => {
    const projection = seen();
    return { projection, follower: mesh.follow(events, projection) };
  });
  await mesh.put(some(30, 30));
  for (const { projection, follower } of projections) {
    await follower.waitFor(60n, soon());
    await until(
      () => follower.caughtUp,
      (yes) => yes,
    );
    expect(follower.position).toEqual({ epoch: 1n, feedSeq: 60n });
    expect(projection.versions.size).toBe(60);
    expect(follower.bootstrapsCount).toBe(1);
  }
});

test("drops what the export contains and applies each later fact once", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  await mesh.put(some(0, 100));
  await until(
    () => mesh.feeds(events).getEventCounts({}),
    ({ published }) => published === 100n,
  );
  const projection = seen();
  const follower = mesh.follow(events, projection);
  await until(
    () => follower.caughtUp,
    (yes) => yes,
  );
  await mesh.put([{ id: "t0", version: 2n }]);
  await follower.waitFor(101n, soon());
  await mesh.feeds(events).republish({ feed: "thing", feedSeqs: [100n, 101n] });
  await mesh.put([{ id: "t0", version: 3n }]);
  await follower.waitFor(102n, soon());
  expect(projection.applied).toEqual([101n, 102n]);
});

test("reads nothing again when it hears nothing, and then goes on", async () => {
  await using mesh = await startMesh();
  let asked = 0;
  const events: Events = await mesh.start({
    quietMs: 1,
    feedsOf: () => {
      const feeds = mesh.feeds(events);
      const locateFeed: typeof feeds.locateFeed = (...of) => {
        asked++;
        return feeds.locateFeed(...of);
      };
      return { ...feeds, locateFeed };
    },
  });
  const follower = mesh.follow(events, seen());
  await mesh.put(some(0, 10));
  await follower.waitFor(10n, soon());
  const askedAgain = (times: number) => {
    const before = asked;
    return until(
      () => asked,
      (now) => now >= before + times,
    );
  };
  const consumers = async () => {
    const manager = await mesh.nats.jetstreamManager();
    return (await manager.consumers.list(mesh.stream).next()).map(({ name }) => name);
  };
  await askedAgain(2);
  const before = await consumers();
  await askedAgain(2);
  expect((await consumers()).filter((name) => !before.includes(name))).toEqual([]);
  await mesh.put(some(10, 10));
  await follower.waitFor(20n, soon());
});

test("says UNAVAILABLE when a position is not reached in time", async () => {
  await using mesh = await startMesh();
  const follower = mesh.follow(await mesh.start(), seen());
  await expect(follower.waitFor(5n, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 14 });
});

test("starts over when the stream is deleted, and a republish rebuilds the stream", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  const projection = seen();
  const follower = mesh.follow(events, projection);
  await mesh.put(some(0, 50));
  await follower.waitFor(50n, soon());
  const before = follower.bootstrapsCount;
  const manager = await mesh.nats.jetstreamManager();
  await manager.streams.delete(mesh.stream);
  await mesh.put(some(50, 10));
  await follower.waitFor(60n, soon());
  await until(
    () => follower.bootstrapsCount,
    (bootstraps) => bootstraps > before,
  );
  await follower.waitFor(60n, soon());
  expect(projection.versions.size).toBe(60);

  const client = mesh.feeds(events);
  expect((await client.locateFeed({ feed: "thing", feedSeq: 0n })).purged).toBe(true);
  await client.republish({ feed: "thing", sinceTime: { seconds: 0n, nanos: 0 } });
  const place = await until(
    () => client.locateFeed({ feed: "thing", feedSeq: 0n }),
    ({ purged }) => !purged,
  );
  expect(place.lastSeq).toBe(60n);
  await until(
    () => client.getEventCounts({}),
    ({ pending }) => pending === 0n,
  );
  const rebuilt: bigint[] = [];
  const late = events.follow({
    service: "things",
    feed: "thing",
    bootstrap: async () => ({ epoch: 1n, feedSeq: 0n }),
    apply: (envelopes) => rebuilt.push(...envelopes.map(({ feedSeq }) => feedSeq)),
  });
  await late.waitFor(60n, soon());
  expect(rebuilt).toEqual(Array.from({ length: 60 }, (_, index) => BigInt(index + 1)));
  expect((await client.getEventCounts({})).published).toBe(60n);
});

test("starts over at a new epoch and after a purged range", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  await mesh.put(some(0, 5));
  const projection = seen();
  const follower = mesh.follow(events, projection);
  await follower.waitFor(5n, soon());
  await mesh.database.background((tx) =>
    tx.execute(sql`update marketmesh.feeds set epoch = 2, last_seq = 0`),
  );
  await mesh.put(some(5, 5));
  await until(
    () => follower.position,
    (position) => position?.epoch === 2n && position.feedSeq === 5n,
  );
  expect(projection.versions.size).toBe(10);
  await until(
    () => mesh.feeds(events).getEventCounts({}),
    ({ pending }) => pending === 0n,
  );
  await mesh.database.background((tx) => tx.execute(sql`delete from marketmesh.outbox where feed_seq <= 3`));
  const client = mesh.feeds(events);
  expect((await client.locateFeed({ feed: "thing", feedSeq: 1n })).purged).toBe(true);
  expect((await client.locateFeed({ feed: "thing", feedSeq: 3n })).purged).toBe(false);
  const { events: stamped, lastSeq } = await client.listStamped({ feed: "thing", fromSeq: 1n, toSeq: 100n });
  expect(stamped.map(({ feedSeq }) => feedSeq)).toEqual([4n, 5n]);
  expect(lastSeq).toBe(5n);
});

test("starts over when the broker has lost a fact that it acknowledged", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  await mesh.put([{ id: "t0", version: 1n }]);
  await until(
    () => mesh.feeds(events).getEventCounts({}),
    ({ published }) => published === 1n,
  );
  const follower = mesh.follow(events, seen());
  await until(
    () => follower.caughtUp,
    (yes) => yes,
  );
  const [row] = await mesh.database.background((tx) =>
    tx.execute<{ last: string }>(sql`update marketmesh.feeds set last_seq = 2 returning last_seq as last`),
  );
  expect(row?.last).toBe("2");
  await mesh.put([{ id: "t1", version: 1n }]);
  await follower.waitFor(3n, soon());
  expect(follower.bootstrapsCount).toBeGreaterThan(1);
});

test("starts over when a fact could not be applied", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  let failures = 0;
  const applied: bigint[] = [];
  const follower = events.follow({
    service: "things",
    feed: "thing",
    bootstrap: async () => ({ epoch: 1n, feedSeq: 0n }),
    apply(envelopes) {
      if (failures++ === 0) throw new Error("no");
      applied.push(...envelopes.map(({ feedSeq }) => feedSeq));
    },
  });
  await mesh.put(some(0, 5));
  await until(
    () => applied.length,
    (length) => length === 5,
  );
  expect(applied).toEqual([1n, 2n, 3n, 4n, 5n]);
  expect(follower.bootstrapsCount).toBe(2);
});

test("refuses selections that make no sense", async () => {
  await using mesh = await startMesh();
  const client = mesh.feeds(await mesh.start());
  await expect(client.listStamped({ feed: "thing", fromSeq: 5n, toSeq: 4n })).rejects.toMatchObject({
    code: 3,
  });
  await expect(client.republish({ feed: "thing" })).rejects.toMatchObject({ code: 3 });
  await expect(client.listDeadLetters({ pageToken: "x" })).rejects.toMatchObject({ code: 3 });
});
