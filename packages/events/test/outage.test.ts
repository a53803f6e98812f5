import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  checkoutDir,
  freePort,
  type RunningServer,
  startNats,
  stateDirOf,
} from "@marketmesh/dev-stack/servers";
import { openDedicatedSession } from "@marketmesh/postgres";
import { testDatabaseUrl } from "@marketmesh/testkit/servers";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { hasty, noteMany, putThinly, tally, whole } from "./damage.ts";
import { handledOf, note, seen, soon, startMesh, until } from "./mesh.ts";

let server: RunningServer | undefined;
let storeDir: string | undefined;
afterEach(async () => {
  await server?.stop();
  if (storeDir) rmSync(storeDir, { recursive: true, force: true });
});

async function ownNats(at?: number) {
  const binDir = join(stateDirOf(checkoutDir, process.env), "bin");
  const dir = mkdtempSync(join(tmpdir(), "marketmesh-outage-"));
  storeDir = dir;
  const port = at ?? (await freePort());
  const start = async (discardData = false) => {
    server = await startNats({ binDir, storeDir: dir, port, discardData });
    return server;
  };
  return { url: (await start()).url, restart: start, dir };
}

test("goes on by itself after the database closed every connection", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  const follower = mesh.follow(events, seen());
  events.work(options, (tx, envelopes) => note(tx, envelopes, "it"));
  await using admin = await openDedicatedSession(testDatabaseUrl(), { applicationName: "test" });
  for (let version = 1n; version <= 3n; version++) {
    // A connection that was closed a moment ago answers UNAVAILABLE once.
    const put = () =>
      mesh.put([{ id: "a", version }]).then(
        () => true,
        () => false,
      );
    await until(put, (done) => done);
    await follower.waitFor(version, soon());
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
      mesh.database.name,
    ]);
  }
  const handled = await until(
    // As above: what reads may get a connection that was closed a moment ago.
    () => handledOf(mesh.database).catch(() => []),
    (rows) => rows.length >= 3,
  );
  // Not ordered: what was under way when its connection closed may come after its successor.
  expect(handled.map((row) => row.version).toSorted()).toEqual(["1", "2", "3"]);
});

const options = { subscription: "notes", service: "things", feeds: ["thing"], batchMax: 50 };

test.each([
  ["keeps its streams", false],
  ["has lost its streams", true],
])("goes on by itself after the broker was away and %s", async (_, discardData) => {
  const broker = await ownNats();
  await using mesh = await startMesh(broker.url);
  const events = await mesh.start();
  const projection = seen();
  const follower = mesh.follow(events, projection);
  events.work(options, (tx, envelopes) => note(tx, envelopes, "it"));
  await mesh.put([{ id: "before", version: 1n }]);
  await until(
    () => handledOf(mesh.database),
    (rows) => rows.length === 1,
  );
  await follower.waitFor(1n, soon());

  await server?.stop();
  await mesh.put([{ id: "during", version: 1n }]);
  await broker.restart(discardData);
  await mesh.put([{ id: "after", version: 1n }]);

  await follower.waitFor(3n, soon());
  const handled = await until(
    () => handledOf(mesh.database),
    (rows) => rows.length >= 3,
  );
  expect(handled.map((row) => row.id).sort()).toEqual(["after", "before", "during"]);
  expect([...projection.versions.keys()].sort()).toEqual(["after", "before", "during"]);
});

test("starts before the broker is there", async () => {
  await using mesh = await startMesh();
  const port = await freePort();
  const events = await mesh.start({ natsUrl: `nats://127.0.0.1:${port}` });
  events.work(options, (tx, envelopes) => note(tx, envelopes, "it"));
  const follower = mesh.follow(events, seen());
  await mesh.put([{ id: "early", version: 1n }]);
  const client = mesh.feeds(events);
  await expect(client.locateFeed({ feed: "thing" })).rejects.toMatchObject({ code: Code.Unavailable });
  await until(
    () => mesh.notices,
    (all) => all.some((text) => text.includes("broker is away")),
  );
  await ownNats(port);
  await until(
    () => handledOf(mesh.database),
    (rows) => rows.length === 1,
  );
  await follower.waitFor(1n, soon());

  const never = await mesh.start({ natsUrl: `nats://127.0.0.1:${await freePort()}` });
  never.work(options, (tx, envelopes) => note(tx, envelopes, "never"));
  await never.close();
});

test("recovers what a broker lost that came back from an older copy of its streams", async () => {
  const broker = await ownNats();
  const copy = `${broker.dir}-copy`;
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  await using mesh = await startMesh(broker.url);
  let away = false;
  const events = await mesh.start(hasty);
  const projection = seen();
  const follower = mesh.follow(events, projection);
  events.work(options, async (tx, envelopes) => {
    if (away) throw new ConnectError("the neighbour is away", Code.Unavailable);
    await noteMany(tx, envelopes);
  });
  const some = (name: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `${name}${at}`, version: 1n }));
  await putThinly(mesh, events, some("kept", 500));
  await whole(mesh, events, 500n);

  await server?.stop();
  cpSync(broker.dir, copy, { recursive: true });
  await broker.restart();
  await putThinly(mesh, events, some("handled", 500));
  await whole(mesh, events, 1_000n);
  away = true;
  await putThinly(mesh, events, some("not-handled", 500));
  await server?.stop();
  rmSync(broker.dir, { recursive: true });
  cpSync(copy, broker.dir, { recursive: true });
  await broker.restart();
  // The stream counts on from where the copy stood: others get the sequences of what was lost.
  await putThinly(mesh, events, some("after", 250));
  away = false;
  await whole(mesh, events, 1_750n);
  expect(await tally(mesh)).toEqual({ times: 1_750, events: 1_750, recorded: 1_750 });
  await follower.waitFor(1_750n, soon());
  expect(projection.versions.size).toBe(1_750);
  const bootstraps = follower.bootstrapsCount;
  await mesh.put([{ id: "last", version: 1n }]);
  await follower.waitFor(1_751n, soon());
  expect(follower.bootstrapsCount).toBe(bootstraps);
});
