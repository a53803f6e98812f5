import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { createMetrics } from "@marketmesh/telemetry";
import { sql } from "drizzle-orm";
import { AckPolicy } from "nats";
import { expect, test } from "vitest";
import { runAudit } from "../src/audit.ts";
import { lease } from "../src/audit-store.ts";
import {
  deleteSome,
  hasty,
  noteMany,
  published,
  putMany,
  putThinly,
  randomOf,
  tally,
  whole,
} from "./damage.ts";
import { type Mesh, startMesh, until } from "./mesh.ts";

const options = { subscription: "notes", service: "things", feeds: ["thing"], batchMax: 500 };
const some = (count: number, version = 1n) =>
  Array.from({ length: count }, (_, at) => ({ id: `t${at}`, version }));

test("finds and repairs by itself the 1 % of a stream's messages that were lost", async () => {
  await using mesh = await startMesh();
  const metrics = createMetrics();
  const replicas = [await mesh.start({ ...hasty, metrics }), await mesh.start(hasty)];
  const [first] = replicas as [(typeof replicas)[0] & object];
  await putThinly(mesh, first, some(20_000));
  const manager = await mesh.nats.jetstreamManager();
  const deleted = await deleteSome(manager, mesh.stream, 0.01, randomOf(42));
  expect(deleted).toBeGreaterThan(5);
  // The last one too: nothing behind it tells a consumer that it passed it.
  const { last_seq: last } = (await manager.streams.info(mesh.stream)).state;
  await manager.streams.deleteMessage(mesh.stream, last).catch(() => {});

  for (const events of replicas) events.work(options, noteMany);
  await until(
    () => tally(mesh),
    ({ events }) => events === 20_000,
  );
  const audit = await whole(mesh, first, 20_000n);
  expect(await tally(mesh)).toEqual({ times: 20_000, events: 20_000, recorded: 20_000 });
  expect(audit.repairedCount).toBeGreaterThanOrEqual(BigInt(deleted));
  expect(audit.lostCount).toBe(0n);
  await until(
    () => metrics.text(),
    (text) =>
      text.includes(`feed_gaps_repaired_total{subscription="notes",feed="thing"} ${audit.repairedCount}`) &&
      text.includes(`feed_gaps{subscription="notes",feed="thing"} 0`),
  );
});

test("finds what was lost from the end of the stream while nobody worked", async () => {
  await using mesh = await startMesh();
  const first = await mesh.start(hasty);
  first.work(options, noteMany);
  await putMany(mesh, some(100));
  await whole(mesh, first, 100n);
  await first.close();
  const second = await mesh.start(hasty);
  await putThinly(mesh, second, some(500, 2n));
  const manager = await mesh.nats.jetstreamManager();
  const { last_seq: last } = (await manager.streams.info(mesh.stream)).state;
  for (let seq = last - 20; seq <= last; seq++) await manager.streams.deleteMessage(mesh.stream, seq);
  second.work(options, noteMany);
  await whole(mesh, second, 600n);
  expect(await tally(mesh)).toEqual({ times: 600, events: 600, recorded: 600 });
});

test("leaves alone what still waits in the stream for a subscription that is behind", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start(hasty);
  let away = true;
  events.work(options, async (tx, envelopes) => {
    if (away) throw new ConnectError("the neighbour is away", Code.Unavailable);
    await noteMany(tx, envelopes);
  });
  await putThinly(mesh, events, some(1_000));
  const client = mesh.feeds(events);
  const looked = async () => (await client.listFeedAudits({})).audits[0]?.auditTime;
  const before = await until(looked, (time) => time !== undefined);
  // Long after all of them could be taken for gaps it has looked again.
  await until(looked, (time) => timestampMs(time!) > timestampMs(before!) + 4 * hasty.auditAfterMs);
  const [audit] = (await client.listFeedAudits({})).audits;
  expect(audit).toMatchObject({ lastSeq: 1_000n, auditedTo: 0n, gapsCount: 0n });
  expect(await attempts(mesh)).toBe(0);
  away = false;
  await whole(mesh, events, 1_000n);
  expect(await tally(mesh)).toEqual({ times: 1_000, events: 1_000, recorded: 1_000 });
  expect(await attempts(mesh)).toBe(0);
});

test("asks for one again, ever later, that is lost again", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start(hasty);
  const manager = await mesh.nats.jetstreamManager();
  await mesh.put(some(1));
  await published(mesh, events);
  await manager.streams.purge(mesh.stream);
  // Only the broker is asked by this subscription for what it has: nothing else may record it meanwhile.
  const durable = { stream: mesh.stream, name: "things_notes" };
  const purged = setInterval(() => void manager.streams.purge(durable.stream).catch(() => {}), 5);
  await manager.consumers.add(mesh.stream, {
    durable_name: durable.name,
    ack_policy: AckPolicy.Explicit,
    filter_subject: `${mesh.namespace}.things.v1.thing.>`,
  });
  const stopping = new AbortController();
  const source = {
    ...{ database: mesh.database, manager, subscription: "notes", service: "things", feeds: ["thing"] },
    ...{ stream: mesh.stream, durable: durable.name, afterMs: 50, everyMs: 20 },
    producer: () => mesh.feeds(events),
    onNotice: () => {},
    onReport: () => {},
  };
  const running = runAudit(source, stopping.signal);
  await until(
    () => attempts(mesh),
    (count) => count >= 3,
  );
  clearInterval(purged);
  stopping.abort();
  await running;
  events.work(options, noteMany);
  await whole(mesh, events, 1n);
  expect(await tally(mesh)).toEqual({ times: 1, events: 1, recorded: 1 });
});

test("counts what nobody can bring back, and begins anew with a new epoch", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start(hasty);
  events.work(options, noteMany);
  await putMany(mesh, some(10));
  await whole(mesh, events, 10n);
  // Five more are stamped, lost by the broker and forgotten by the outbox, and a sixth is not.
  await mesh.database.background((tx) =>
    tx.execute(sql`update marketmesh.feeds set last_seq = last_seq + 5 where feed = 'thing'`),
  );
  await mesh.put([{ id: "sixth", version: 1n }]);
  const audit = await whole(mesh, events, 16n);
  expect(audit).toMatchObject({ lostCount: 5n, gapsCount: 0n });
  expect(mesh.notices.some((text) => text.includes("feed positions lost"))).toBe(true);

  await mesh.database.background((tx) =>
    tx.execute(sql`update marketmesh.feeds set epoch = 2, last_seq = 0 where feed = 'thing'`),
  );
  await mesh.put(some(20));
  const again = await until(
    async () => (await mesh.feeds(events).listFeedAudits({})).audits[0],
    (each) => each?.feedEpoch === 2n && each.auditedTo === 20n,
  );
  expect(again).toMatchObject({ gapsCount: 0n, lostCount: 5n });
});

test("one replica audits at a time; another takes over when it is gone", async () => {
  await using mesh = await startMesh();
  const key = { subscription: "notes", service: "things", feed: "thing" };
  const take = (holder: string, leaseMs: number) =>
    mesh.database.background((tx) => lease(tx, key, holder, leaseMs));
  expect(await take("one", 60_000)).toEqual({ epoch: 0n, auditedTo: 0n });
  expect(await take("two", 60_000)).toBeUndefined();
  expect(await take("one", 1)).toBeDefined();
  await until(
    () => take("two", 60_000),
    (state) => state !== undefined,
  );
  expect(await take("one", 60_000)).toBeUndefined();
});

/** How often any event was published again. */
async function attempts(mesh: Mesh): Promise<number> {
  const [row] = await mesh.database.background((tx) =>
    tx.execute<{ attempts: number }>(sql`select max(attempt) as attempts from marketmesh.outbox`),
  );
  return row?.attempts ?? 0;
}
