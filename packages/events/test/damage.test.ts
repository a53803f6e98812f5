import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { EnvelopeBatchSchema, EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import {
  contents,
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
import { type Mesh, seen, soon, startMesh, until } from "./mesh.ts";

const options = { subscription: "notes", service: "things", feeds: ["thing"], batchMax: 500 };
const some = (count: number, version = 1n) =>
  Array.from({ length: count }, (_, at) => ({ id: `t${at}`, version }));

/** Two processes, each with a projection and a part in the work. */
async function twoReplicas(mesh: Mesh, work: { readonly ordered?: boolean } = {}, handle = noteMany) {
  const replicas = [await mesh.start(hasty), await mesh.start(hasty)];
  const projections = replicas.map((events) => {
    const projection = seen();
    return { projection, follower: mesh.follow(events, projection) };
  });
  for (const events of replicas) events.work({ ...options, ...work }, handle);
  return { first: replicas[0]!, projections };
}

async function agree(replicas: Awaited<ReturnType<typeof twoReplicas>>, lastSeq: bigint, rows: number) {
  for (const { follower } of replicas.projections) await follower.waitFor(lastSeq, soon());
  const [one, two] = replicas.projections.map(({ projection }) => contents(projection.versions));
  expect(one).toEqual(two);
  expect(one).toHaveLength(rows);
}

const managerOf = (mesh: Mesh) => mesh.nats.jetstreamManager({ checkAPI: false });

test("followers notice the messages that a stream has lost, anywhere in it, and agree", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start(hasty);
  await putThinly(mesh, events, some(5_000));
  const manager = await managerOf(mesh);
  expect(await deleteSome(manager, mesh.stream, 0.01, randomOf(7))).toBeGreaterThan(2);
  const { last_seq: last } = (await manager.streams.info(mesh.stream)).state;
  await manager.streams.deleteMessage(mesh.stream, last).catch(() => {});
  // From the first position, so that each has to read what is not there.
  const followers = [seen(), seen()].map((projection) => {
    let bootstraps = 0;
    const follower = events.follow({
      service: "things",
      feed: "thing",
      async bootstrap() {
        if (bootstraps++ === 0) return { epoch: 1n, feedSeq: 0n };
        projection.versions.clear();
        for (const { id, version } of some(5_000)) projection.versions.set(id, version);
        return { epoch: 1n, feedSeq: 5_000n };
      },
      apply: (envelopes) => {
        for (const each of envelopes) projection.versions.set(each.aggregateId, each.aggregateVersion);
      },
    });
    return { follower, projection };
  });
  for (const { follower, projection } of followers) {
    await follower.waitFor(5_000n, soon());
    expect(contents(projection.versions)).toEqual(
      contents(new Map(some(5_000).map((t) => [t.id, t.version]))),
    );
    expect(follower.bootstrapsCount).toBe(2);
  }
});

test("fills what a purge took before it was delivered, and projections start over", async () => {
  await using mesh = await startMesh();
  const writer = await mesh.start(hasty);
  await putMany(mesh, some(2_000));
  await published(mesh, writer);
  const manager = await managerOf(mesh);
  await manager.streams.purge(mesh.stream);
  const replicas = await twoReplicas(mesh);
  await whole(mesh, replicas.first, 2_000n);
  expect(await tally(mesh)).toEqual({ times: 2_000, events: 2_000, recorded: 2_000 });
  await manager.streams.purge(mesh.stream);
  await putMany(mesh, some(100, 2n));
  await whole(mesh, replicas.first, 2_100n);
  expect(await tally(mesh)).toEqual({ times: 2_100, events: 2_100, recorded: 2_100 });
  await agree(replicas, 2_100n, 2_000);
});

test("goes on when the stream is deleted in mid-flow, twice", async () => {
  await using mesh = await startMesh();
  let away = false;
  const replicas = await twoReplicas(mesh, {}, async (tx, envelopes) => {
    if (away) throw new ConnectError("the neighbour is away", Code.Unavailable);
    await noteMany(tx, envelopes);
  });
  const manager = await managerOf(mesh);
  for (let version = 1n; version <= 2n; version++) {
    await putMany(mesh, some(500, version));
    away = true;
    await putMany(
      mesh,
      some(500, version).map(({ id }) => ({ id: `late-${id}`, version })),
    );
    await published(mesh, replicas.first);
    // What is in the stream at this moment goes with it, handled or not.
    await manager.streams.delete(mesh.stream);
    away = false;
  }
  const audit = await whole(mesh, replicas.first, 2_000n);
  // All but what a worker had in its hands.
  expect(audit.repairedCount).toBeGreaterThan(500n);
  expect(await tally(mesh)).toEqual({ times: 2_000, events: 2_000, recorded: 2_000 });
  await agree(replicas, 2_000n, 1_000);
});

test.each([
  ["by work", false],
  ["by ordered work", true],
])(
  "events that come twice, late and out of order are handled once each %s, and by followers",
  async (_, ordered) => {
    await using mesh = await startMesh();
    const replicas = await twoReplicas(mesh, { ordered });
    const things = [1n, 2n, 3n, 4n].flatMap((version) => some(300, version));
    await putMany(mesh, things);
    await published(mesh, replicas.first);
    const all = await stamped(mesh);
    // The same again under other message ids, two in a message, in an order of chance.
    const random = randomOf(11);
    const shuffled = [...all, ...all].map((each) => ({ each, at: random() })).sort((a, b) => a.at - b.at);
    for (let at = 0; at < shuffled.length; at += 100)
      await publishRaw(
        mesh,
        shuffled.slice(at, at + 100).map(({ each }) => each),
      );
    await mesh.feeds(replicas.first).republish({ feed: "thing", feedSeqs: [1n, 600n, 1_200n] });
    await putMany(mesh, some(300, 5n));
    await whole(mesh, replicas.first, 1_500n);
    await until(
      () => tally(mesh),
      ({ events }) => events === 1_500,
    );
    expect(await tally(mesh)).toEqual({ times: 1_500, events: 1_500, recorded: 1_500 });
    await agree(replicas, 1_500n, 300);
    if (ordered) expect(await outOfOrder(mesh)).toEqual([]);
  },
);

test("ordered work keeps the order of what arrives shuffled and what is filled in late", async () => {
  await using mesh = await startMesh();
  const writer = await mesh.start(hasty);
  await putThinly(
    mesh,
    writer,
    [1n, 2n, 3n, 4n, 5n].flatMap((version) => some(250, version)),
  );
  const manager = await managerOf(mesh);
  expect(await deleteSome(manager, mesh.stream, 0.1, randomOf(3))).toBeGreaterThan(3);
  for (const events of [writer, await mesh.start(hasty)])
    events.work({ ...options, ordered: true }, noteMany);
  const audit = await whole(mesh, writer, 1_250n);
  await until(
    () => tally(mesh),
    ({ events }) => events === 1_250,
  );
  expect(audit.repairedCount).toBeGreaterThan(3n);
  expect(await tally(mesh)).toEqual({ times: 1_250, events: 1_250, recorded: 1_250 });
  expect(await outOfOrder(mesh)).toEqual([]);
});

/** Things of which a later version was handled before an earlier one. */
async function outOfOrder(mesh: Mesh) {
  return mesh.database.background((tx) =>
    tx.execute(sql`select id from (
      select id, version, lag(version) over (partition by id order by place) as before from handled) each
      where before > version`),
  );
}

async function stamped(mesh: Mesh): Promise<readonly MessageInitShape<typeof EnvelopeSchema>[]> {
  const rows = await mesh.database.background((tx) =>
    tx.execute<{ id: string; seq: string; aggregate: string; version: string }>(
      sql`select id, feed_seq as seq, aggregate_id as aggregate, version from marketmesh.outbox order by id`,
    ),
  );
  return rows.map(({ id, seq, aggregate, version }) => ({
    ...{ service: "things", feed: "thing", feedEpoch: 1n, market: "berlin", aggregateId: aggregate },
    ...{ eventId: BigInt(id), feedSeq: BigInt(seq), aggregateVersion: BigInt(version) },
  }));
}

async function publishRaw(mesh: Mesh, envelopes: readonly MessageInitShape<typeof EnvelopeSchema>[]) {
  const batch = create(EnvelopeBatchSchema, {
    envelopes: envelopes.map((each) => create(EnvelopeSchema, each)),
  });
  const payload = toBinary(EnvelopeBatchSchema, batch);
  await mesh.nats.jetstream().publish(`${mesh.namespace}.things.v1.thing.0`, payload);
}
