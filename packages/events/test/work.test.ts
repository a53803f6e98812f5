import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { EnvelopeBatchSchema, EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Events, WorkOptions } from "../src/index.ts";
import { handledOf, type Mesh, note, startMesh, until } from "./mesh.ts";

const options: WorkOptions = {
  subscription: "notes-of-things",
  service: "things",
  feeds: ["thing"],
  batchMax: 100,
};

const some = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `t${index}`, version: 1n }));
const countsOf = (mesh: Mesh, events: Events) => mesh.feeds(events).getEventCounts({});

/** Publishes envelopes as a broker or a relay gone wrong might: late, twice, out of order. */
async function publishRaw(
  mesh: Mesh,
  envelopes: readonly MessageInitShape<typeof EnvelopeSchema>[],
): Promise<void> {
  const full = envelopes.map((envelope) =>
    create(EnvelopeSchema, {
      service: "things",
      feed: "thing",
      feedEpoch: 1n,
      market: "berlin",
      ...envelope,
    }),
  );
  const batch = toBinary(EnvelopeBatchSchema, create(EnvelopeBatchSchema, { envelopes: full }));
  await mesh.nats.jetstream().publish(`${mesh.namespace}.things.v1.thing.0`, batch);
}

test("handles each event once over two replicas", async () => {
  await using mesh = await startMesh();
  const [first, second] = [await mesh.start(), await mesh.start()];
  first.work(options, (tx, envelopes) => note(tx, envelopes, "first"));
  second.work(options, (tx, envelopes) => note(tx, envelopes, "second"));
  for (let round = 0; round < 20; round++) {
    await mesh.put(some(20).map(({ id }) => ({ id: `${id}-${round}`, version: 1n })));
  }
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 400,
  );
  expect(new Set(handled.map((row) => row.id)).size).toBe(400);
  expect(handled).toHaveLength(400);
  const counts = await until(
    () => countsOf(mesh, first),
    ({ published }) => published === 400n,
  );
  expect(counts).toMatchObject({ consumed: 400n, dead: 0n, pending: 0n });
});

test("handles an event once however often it comes, in one message or in several", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  events.work(options, (tx, envelopes) => note(tx, envelopes, "it"));
  await mesh.put([{ id: "a", version: 1n }]);
  await until(
    () => handledOf(mesh.database),
    (rows) => rows.length === 1,
  );
  const again = { eventId: 1n, feedSeq: 1n, aggregateId: "a", aggregateVersion: 1n };
  await publishRaw(mesh, [again, again]);
  await publishRaw(mesh, [{ ...again, eventId: 2n, feedSeq: 2n, aggregateVersion: 2n }]);
  await until(
    () => handledOf(mesh.database),
    (rows) => rows.length === 2,
  );
  const counts = await until(
    () => countsOf(mesh, events),
    ({ redelivered }) => redelivered >= 2n,
  );
  expect(counts).toMatchObject({ consumed: 2n, redelivered: 2n });
});

test("handles again, and effects once, what was not acknowledged before a crash", async () => {
  await using mesh = await startMesh();
  let crashed = false;
  const hanging = Promise.withResolvers<void>();
  const first = await mesh.start({ ackWaitMs: 500 });
  // The broker never hears of the outcome: the handler's process hangs after its transaction was rolled back.
  first.work(options, async (tx, envelopes) => {
    await note(tx, envelopes, "first");
    crashed = true;
    await hanging.promise;
  });
  await mesh.put(some(3));
  await until(
    () => crashed,
    (yes) => yes,
  );
  const second = await mesh.start({ ackWaitMs: 500 });
  second.work(options, (tx, envelopes) => note(tx, envelopes, "second"));
  await mesh.database.background((tx) =>
    tx.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where state = 'idle in transaction' and datname = current_database() and pid <> pg_backend_pid()`),
  );
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 3,
  );
  expect(handled.map((row) => row.by)).toEqual(["second", "second", "second"]);
  hanging.reject(new Error("the process is gone"));
});

test("buries one poison event and handles all its batch mates", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  let poisonous = true;
  events.work({ ...options, attemptsMax: 3 }, async (tx, envelopes) => {
    await note(tx, envelopes, "it");
    if (poisonous && envelopes.some(({ aggregateId }) => aggregateId === "t7"))
      throw new Error("t7 is poison");
  });
  await mesh.put(some(60));
  const client = mesh.feeds(events);
  const { deadLetters } = await until(
    () => client.listDeadLetters({}),
    (page) => page.deadLetters.length > 0,
  );
  expect(deadLetters).toMatchObject([
    { subscription: options.subscription, error: "t7 is poison", attemptsCount: 3 },
  ]);
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 59,
  );
  expect(handled.map((row) => row.id).sort()).toEqual(
    some(60)
      .map(({ id }) => id)
      .filter((id) => id !== "t7")
      .sort(),
  );
  expect(await countsOf(mesh, events)).toMatchObject({ consumed: 59n, dead: 1n });

  const deadLetterId = deadLetters[0]?.deadLetterId ?? 0n;
  poisonous = false;
  await client.replayDeadLetter({ deadLetterId });
  await until(
    () => handledOf(mesh.database),
    (rows) => rows.length === 60,
  );
  await expect(client.replayDeadLetter({ deadLetterId })).rejects.toMatchObject({
    rawMessage: /is (HANDLED|REPLAYING)/,
  });
  const { deadLetter } = await client.getDeadLetter({ deadLetterId });
  expect(deadLetter?.envelope?.fact?.typeUrl).toContain("google.protobuf.Timestamp");
  await expect(client.getDeadLetter({ deadLetterId: 99n })).rejects.toMatchObject({
    rawMessage: "no dead letter 99",
  });
});

test.each([Code.Unavailable, Code.DeadlineExceeded, Code.Aborted])(
  "counts no attempt while a neighbour is away (code %i)",
  async (code) => {
    await using mesh = await startMesh();
    const events = await mesh.start();
    let failures = 0;
    events.work({ ...options, attemptsMax: 1 }, async (tx, envelopes) => {
      if (failures++ < 3) throw new ConnectError("the neighbour is away", code);
      await note(tx, envelopes, "it");
    });
    await mesh.put(some(1));
    const { consumed, dead } = await until(
      () => countsOf(mesh, events),
      (counts) => counts.consumed + counts.dead > 0n,
    );
    expect({ consumed, dead, failures }).toEqual({ consumed: 1n, dead: 0n, failures: 4 });
  },
);

test("sets an event apart whose handler never gets an answer, and handles all others", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  let away = true;
  events.work({ ...options, attemptsMax: 1 }, async (tx, envelopes) => {
    if (away && envelopes.some(({ aggregateId }) => aggregateId === "t7"))
      throw new ConnectError("its neighbour is away", Code.Unavailable);
    await note(tx, envelopes, "it");
  });
  await mesh.put(some(60));
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 59,
  );
  expect(handled.some(({ id }) => id === "t7")).toBe(false);
  away = false;
  await until(
    () => handledOf(mesh.database),
    (rows) => rows.length === 60,
  );
  expect(await countsOf(mesh, events)).toMatchObject({ consumed: 60n, dead: 0n });
});

test("handles versions of an aggregate in order though they come out of order", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  events.work({ ...options, ordered: true }, (tx, envelopes) => note(tx, envelopes, "it"));
  const version = (id: string, number: bigint) => ({
    eventId: number + (id === "b" ? 100n : 0n),
    feedSeq: number,
    aggregateId: id,
    aggregateVersion: number,
  });
  await until(
    () => mesh.notices,
    (all) => all.some((text) => text.includes("relay leads")),
  );
  await until(
    () =>
      mesh.nats
        .jetstreamManager()
        .then((manager) => manager.streams.info(mesh.stream))
        .catch(() => undefined),
    (info) => info !== undefined,
  );
  await publishRaw(mesh, [version("a", 4n), version("b", 2n)]);
  await publishRaw(mesh, [version("a", 2n), version("a", 3n)]);
  await until(
    () => mesh.database.background((tx) => tx.execute(sql`select from marketmesh.parked_events`)),
    (rows) => rows.length === 4,
  );
  expect(await handledOf(mesh.database)).toEqual([]);
  await publishRaw(mesh, [version("b", 1n), version("a", 1n)]);
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 6,
  );
  expect(handled.filter(({ id }) => id === "a").map((row) => row.version)).toEqual(["1", "2", "3", "4"]);
  expect(handled.filter(({ id }) => id === "b").map((row) => row.version)).toEqual(["1", "2"]);
  await publishRaw(mesh, [{ ...version("a", 2n), eventId: 50n }]);
  const outcomes = () =>
    mesh.database.background((tx) =>
      tx.execute(sql`select outcome, count(*)::int as count from marketmesh.inbox group by 1 order by 1`),
    );
  await until(outcomes, (rows) => rows.some((row) => row.outcome === "stale"));
  expect(await outcomes()).toMatchObject([
    { outcome: "handled", count: 6 },
    { outcome: "stale", count: 1 },
  ]);
});

test("keeps the order within one message, and of an event that was parked and comes again", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  events.work({ ...options, ordered: true }, (tx, envelopes) => note(tx, envelopes, "it"));
  await mesh.put([{ id: "first", version: 1n }]);
  await until(
    () => handledOf(mesh.database),
    (rows) => rows.length === 1,
  );
  const a = (version: bigint) => ({
    eventId: version + 100n,
    feedSeq: version,
    aggregateId: "a",
    aggregateVersion: version,
  });
  await publishRaw(mesh, [a(2n)]);
  await until(
    () => mesh.database.background((tx) => tx.execute(sql`select from marketmesh.parked_events`)),
    (rows) => rows.length === 1,
  );
  await publishRaw(mesh, [a(3n), a(2n), a(1n)]);
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 4,
  );
  expect(handled.slice(1).map((row) => row.version)).toEqual(["1", "2", "3"]);
});

test("parks the successors of a dead event until it is replayed", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  let poisonous = true;
  events.work({ ...options, ordered: true, attemptsMax: 2 }, async (tx, envelopes) => {
    await note(tx, envelopes, "it");
    if (poisonous && envelopes.some((each) => each.aggregateId === "t0" && each.aggregateVersion === 1n))
      throw new Error("no");
  });
  await mesh.put([
    { id: "t0", version: 1n },
    { id: "t0", version: 2n },
    { id: "t1", version: 1n },
  ]);
  const client = mesh.feeds(events);
  const { deadLetters } = await until(
    () => client.listDeadLetters({}),
    (page) => page.deadLetters.length > 0,
  );
  expect((await handledOf(mesh.database)).map(({ id }) => id)).toEqual(["t1"]);
  poisonous = false;
  await client.replayDeadLetter({ deadLetterId: deadLetters[0]?.deadLetterId ?? 0n });
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 3,
  );
  expect(handled.filter(({ id }) => id === "t0").map((row) => row.version)).toEqual(["1", "2"]);
});

test("a subscription that gathers handles everything, also what comes at the end of a fetch", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  events.work({ ...options, gatherMs: 15 }, (tx, envelopes) => note(tx, envelopes, "only"));
  // More messages than a fetch takes, one by one.
  for (let at = 0; at < 150; at++) await mesh.put([{ id: `g${at}`, version: 1n }]);
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 150,
  );
  expect(handled).toHaveLength(150);
});
