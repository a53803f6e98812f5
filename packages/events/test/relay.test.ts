import { assertRowSecurity, openDedicatedSession, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { RelayFault, type RelayStep } from "../src/index.ts";
import { DeposedError, markPublished, readUnpublished, stamp, takeLead } from "../src/stamping.ts";
import { putMany } from "./damage.ts";
import { type Mesh, operator, put, seen, soon, startMesh, until } from "./mesh.ts";

interface OutboxRow extends Record<string, unknown> {
  readonly id: string;
  readonly feed_seq: string | null;
  readonly published: boolean;
  readonly attempt: number;
}

const outboxOf = (mesh: Awaited<ReturnType<typeof startMesh>>) =>
  mesh.database.background((tx) =>
    tx.execute<OutboxRow>(
      sql`select id, feed_seq, attempt, publish_time is not null as published
        from marketmesh.outbox order by feed_seq, id`,
    ),
  );

test("stamps densely and loses nothing with 12 writers and slow transactions", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  const projection = seen();
  const follower = mesh.follow(events, projection);
  await until(
    () => follower.position,
    (position) => position !== undefined,
  );
  const writers = Array.from({ length: 12 }, async (_, writer) => {
    for (let round = 0; round < 15; round++) {
      await mesh.database.transaction(operator, async (tx) => {
        await put(tx, [{ id: `w${writer}`, version: BigInt(round + 1) }]);
        // Holds its outbox id while others with higher ids commit and are stamped.
        if ((writer + round) % 4 === 0) await tx.execute(sql`select pg_sleep(0.03)`);
        await put(tx, [{ id: `w${writer}-${round}`, version: 1n }]);
      });
    }
  });
  await Promise.all(writers);
  await follower.waitFor(360n, soon());
  const rows = await outboxOf(mesh);
  expect(rows.map((row) => Number(row.feed_seq))).toEqual(
    Array.from({ length: 360 }, (_, index) => index + 1),
  );
  expect(projection.versions.size).toBe(12 + 180);
  for (let writer = 0; writer < 12; writer++) expect(projection.versions.get(`w${writer}`)).toBe(15n);
  expect(projection.applied).toEqual([...projection.applied].sort((a, b) => Number(a - b)));
});

test.each<RelayStep>(["stamped", "published", "marked"])(
  "goes on after a crash when a batch was just %s",
  async (step) => {
    await using mesh = await startMesh();
    let crashed = false;
    const first = await mesh.start({
      onRelayStep(reached) {
        if (crashed || reached !== step) return;
        crashed = true;
        throw new RelayFault(step);
      },
    });
    const projection = seen();
    const follower = mesh.follow(first, projection);
    await mesh.put(Array.from({ length: 40 }, (_, index) => ({ id: `t${index}`, version: 1n })));
    await follower.waitFor(40n, soon());
    await until(
      () => outboxOf(mesh),
      (rows) => rows.every((row) => row.published),
    );
    expect(crashed).toBe(true);
    const { published } = await mesh.feeds(first).getEventCounts({});
    expect(published).toBe(40n);
  },
);

test("lets another process lead when the leader ends", async () => {
  await using mesh = await startMesh();
  const first = await mesh.start();
  await until(
    () => mesh.notices,
    (all) => all.some((text) => text.includes("relay leads")),
  );
  const second = await mesh.start();
  const projection = seen();
  const follower = mesh.follow(second, projection);
  await mesh.put([{ id: "a", version: 1n }]);
  await follower.waitFor(1n, soon());
  await first.close();
  await mesh.put([{ id: "a", version: 2n }]);
  await follower.waitFor(2n, soon());
  expect(projection.versions.get("a")).toBe(2n);
});

test("stops a stalled leader from stamping or marking after another took over", async () => {
  await using mesh = await startMesh();
  await mesh.put([{ id: "a", version: 1n }]);
  const old = await mesh.database.background(takeLead);
  await mesh.database.background((tx) => stamp(tx, old, 10));
  await mesh.put([{ id: "a", version: 2n }]);
  const current = await mesh.database.background(takeLead);
  await expect(mesh.database.background((tx) => stamp(tx, old, 10))).rejects.toBeInstanceOf(DeposedError);
  const [row] = await outboxOf(mesh);
  const published = [{ id: row?.id ?? "", streamSeq: 1 }];
  const mark = (token: bigint) =>
    mesh.database.background((tx) => markPublished(tx, token, published, "stream"));
  await expect(mark(old)).rejects.toBeInstanceOf(DeposedError);
  expect((await outboxOf(mesh)).map((each) => [each.feed_seq, each.published])).toEqual([
    ["1", false],
    [null, false],
  ]);
  await mark(current);
  expect((await outboxOf(mesh))[0]?.published).toBe(true);
});

test("stamping gives the facts as they are to be published, by feed and position", async () => {
  await using mesh = await startMesh();
  await mesh.put([
    { id: "b", version: 1n },
    { id: "a", version: 1n },
  ]);
  await mesh.database.background((tx) =>
    tx.execute(sql`update marketmesh.outbox set feed = 'a' where id = 2`),
  );
  const token = await mesh.database.background(takeLead);
  const stamped = await mesh.database.background((tx) => stamp(tx, token, 10));
  const unpublished = await mesh.database.background((tx) => readUnpublished(tx, 10));
  expect(stamped.map((row) => [row.feed, row.feed_seq, row.aggregate_id])).toEqual([
    ["a", "1", "a"],
    ["thing", "1", "b"],
  ]);
  expect(unpublished).toEqual(stamped);
});

test("a relay reads what is on its way and nothing else, when the statistics say that all is", async () => {
  await using mesh = await startMesh();
  const things = Array.from({ length: 8_000 }, (_, index) => ({ id: `t${index}`, version: 1n }));
  await putMany(mesh, things, 1_000);
  await using owner = await openDedicatedSession(mesh.migratorUrl, { applicationName: "test" });
  await owner.query("analyze marketmesh.outbox");
  const token = await mesh.database.background(takeLead);
  const move = async (tx: Tx) => {
    const before = await rowsRead(tx);
    const stamped = await stamp(tx, token, 4_000);
    const published = stamped.map(({ id }, at) => ({ id, streamSeq: at + 1 }));
    if (published.length > 0) await markPublished(tx, token, published, "stream");
    return { moved: stamped.length, read: (await rowsRead(tx)) - before };
  };
  const all = await mesh.database.background(move);
  expect(all.moved).toBe(4_000);
  await mesh.database.background(move);
  await mesh.put([{ id: "last", version: 1n }]);
  const last = await mesh.database.background(move);
  expect(last.moved).toBe(1);
  expect(last.read).toBeLessThan(10);
});

test("each fact is marked with its own place in the stream, in whatever order they were published", async () => {
  await using mesh = await startMesh();
  const token = await mesh.database.background(takeLead);
  await mesh.put(Array.from({ length: 50 }, (_, at) => ({ id: `t${at}`, version: 1n })));
  const stamped = await mesh.database.background((tx) => stamp(tx, token, 4_000));
  const published = stamped.map(({ id }, at) => ({ id, streamSeq: 1_000 - at }));
  const some = published.filter((_, at) => at % 7 !== 0).reverse();
  await mesh.database.background((tx) => markPublished(tx, token, some, "stream"));
  const rows = await mesh.database.background((tx) =>
    tx.execute<{ id: string; stream_seq: string | null; published: boolean }>(
      sql`select id, stream_seq, publish_time is not null as published from marketmesh.outbox order by id`,
    ),
  );
  const marked = new Map(some.map(({ id, streamSeq }) => [id, String(streamSeq)]));
  expect(rows.map(({ id, stream_seq, published }) => [id, stream_seq, published])).toEqual(
    rows.map(({ id }) => [id, marked.get(id) ?? null, marked.has(id)]),
  );
});

/** Whether it holds the lock that says so to whoever announces. */
async function relayIsAsleep(mesh: Mesh): Promise<boolean> {
  const [row] = await mesh.database.background((tx) =>
    tx.execute<{ asleep: boolean }>(sql`select exists (select from pg_locks
      where locktype = 'advisory' and objid = 1835884546 and granted and mode = 'ExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())) as asleep`),
  );
  return row?.asleep === true;
}

/** Rows of the outbox that this session has read, as it counts them itself. */
async function rowsRead(tx: Tx): Promise<number> {
  const [read] = await tx.execute<{ rows: string }>(sql`
    select seq_tup_read + idx_tup_fetch as rows from pg_stat_xact_user_tables where relname = 'outbox'`);
  return Number(read?.rows ?? 0);
}

test("finds what is published again while others never stop announcing", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  let stopped = false;
  const writing = (async () => {
    for (let version = 1n; !stopped; version++) await mesh.put([{ id: "a", version }]);
  })();
  const of = async (seq: number) => (await outboxOf(mesh)).find((row) => Number(row.feed_seq) === seq);
  await until(
    () => of(1),
    (row) => row?.published === true,
  );
  await mesh.feeds(events).republish({ feed: "thing", feedSeqs: [1n] });
  const again = await until(
    () => of(1),
    (row) => row?.published === true,
  );
  stopped = true;
  await writing;
  expect(again?.attempt).toBe(1);
});

test("waits while the stream is full and goes on when there is room", async () => {
  await using mesh = await startMesh();
  await mesh.start({ streamBytesMax: 2_000 });
  await mesh.put(Array.from({ length: 200 }, (_, index) => ({ id: `t${index}`, version: 1n })));
  await until(
    () => mesh.notices,
    (all) => all.some((text) => text.includes("relay waits")),
  );
  expect((await outboxOf(mesh)).some((row) => !row.published)).toBe(true);
  const manager = await mesh.nats.jetstreamManager();
  await until(
    async () => {
      await manager.streams.update(mesh.stream, { max_bytes: 50_000_000 });
      return outboxOf(mesh);
    },
    (rows) => rows.every((row) => row.published),
  );
});

test("announces for its own market only, and shows the app role nothing of the platform's tables", async () => {
  await using mesh = await startMesh();
  await mesh.start();
  await mesh.put([{ id: "a", version: 1n }]);
  const foreign = mesh.database.transaction(operator, (tx) => put(tx, [{ id: "a", version: 1n }], "paris"));
  await expect(foreign).rejects.toMatchObject({ code: "42501" });
  const guarded = await assertRowSecurity(mesh.database);
  expect(guarded.map(({ table }) => table)).toContain("public.things");
  const reading = mesh.database.transaction(operator, (tx) => tx.execute(sql`select from marketmesh.outbox`));
  await expect(reading).rejects.toMatchObject({ code: "42501" });
});

test("is woken by a commit when idle and does not wait for its poll", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  const projection = seen();
  const follower = mesh.follow(events, projection);
  const delays: number[] = [];
  for (let version = 1n; version <= 10n; version++) {
    await until(
      () => relayIsAsleep(mesh),
      (asleep) => asleep,
    );
    await mesh.put([{ id: "a", version }]);
    const committedMs = performance.now();
    await follower.waitFor(version, soon());
    delays.push(performance.now() - committedMs);
  }
  // By its poll alone nearly each would take a second; on a busy machine some do anyhow.
  expect(delays.sort((a, b) => a - b)[2]).toBeLessThan(400);
});
