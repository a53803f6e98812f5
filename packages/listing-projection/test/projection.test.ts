import { Code, ConnectError } from "@connectrpc/connect";
import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { RetryInfoSchema } from "@marketmesh/contracts/google/rpc";
import { reasonOf } from "@marketmesh/rpc";
import type { Bind } from "@marketmesh/service-host";
import { type RunningServices, startServices } from "@marketmesh/testkit";
import { testNatsUrl } from "@marketmesh/testkit/servers";
import { connect, type JetStreamManager } from "nats";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { followListings, type ListingProjection } from "../src/index.ts";
import { standInCatalog } from "../src/testing/index.ts";

const catalog = standInCatalog();
const projections: ListingProjection[] = [];
let mesh: RunningServices;
const candidate = "markets/berlin/kinds/candidate";
const text = { type: "string" };

const follower: Bind = async (host) => {
  const database = await host.database({
    migrations: new URL("../src/testing/migrations/", import.meta.url),
  });
  const events = await host.events(database);
  const projection = followListings({
    events,
    catalog: host.mesh(CatalogService),
    metrics: host.telemetry.metrics,
    now: () => host.now(),
    background: (name, loop) => host.background(name, loop),
  });
  host.ready("listings", () => projection.ready);
  projections.push(projection);
};

beforeAll(async () => {
  mesh = await startServices([
    { name: "catalog", bind: catalog.bind },
    { name: "one", bind: follower },
    { name: "two", bind: follower },
  ]);
  await catalog.putKind("berlin", "candidate", "SUPPLY", { city: text });
});
afterAll(() => mesh?.close());

const soon = () => AbortSignal.timeout(240_000);

async function kindsOf(revision: string) {
  return Promise.all(
    projections.map(async (projection) => {
      await projection.waitFor("berlin", [revision], soon());
      const kind = await projection.kind(candidate, soon());
      if (kind === undefined) throw new Error("the kind is not there");
      return kind;
    }),
  );
}

test("replicas hold the same listings, whatever comes late or twice", async () => {
  const [first] = await catalog.put("berlin", [
    { id: "ann", kind: "candidate", attributes: { city: "Bonn" } },
  ]);
  await catalog.put("berlin", [{ id: "ann", kind: "candidate", attributes: { city: "Köln" } }]);
  await catalog.announceAgain("berlin", [first!, first!]);
  const [last] = await catalog.put("berlin", [{ id: "bob", kind: "candidate" }]);
  const [one, two] = await kindsOf(last!.revision);
  expect(one!.checksum).toBe(two!.checksum);
  for (const { index } of [one!, two!]) {
    expect(index.rows).toBe(2);
    expect(index.versionOf(index.ordinalOf("ann")!)).toBe(2);
    expect(index.accessor("city")(index.ordinalOf("ann")!)).toBe("Köln");
  }
  const metrics = await (await fetch(`${mesh.services.get("one")!.metricsUrl}/metrics`)).text();
  const checksum = Number.parseInt(one!.checksum.slice(0, 13), 16);
  expect(metrics).toContain(`listing_projection_checksum{market="berlin",kind="candidate"} ${checksum}`);
});

test("a kind that changes is read anew, with the listings that came meanwhile", async () => {
  await catalog.putKind("berlin", "candidate", "SUPPLY", { city: text, street: text });
  const [listing] = await catalog.put("berlin", [
    { id: "cid", kind: "candidate", attributes: { city: "Bonn", street: "Am Hof" } },
  ]);
  for (const kind of await kindsOf(listing!.revision)) {
    expect(kind.version).toBe(2n);
    expect(kind.index.rows).toBe(3);
    expect(kind.attributesAt(listing!.ordinal)).toEqual({ city: "Bonn", street: "Am Hof" });
  }
  const [projection] = projections;
  await catalog.putKind("berlin", "candidate", "SUPPLY", { city: text, street: text, flat: text });
  const newer = await projection!.kind(candidate, soon(), 3n);
  expect(newer).toMatchObject({ version: 3n });
  expect(newer!.index.rows).toBe(3);
});

test("a new epoch of ordinals is a new index", async () => {
  const before = await projections[0]!.kind(candidate, soon());
  await catalog.renumber("berlin", "candidate");
  const [listing] = await catalog.put("berlin", [{ id: "ann", kind: "candidate" }]);
  for (const kind of await kindsOf(listing!.revision)) {
    expect(kind.epoch).toBe(2n);
    expect(kind.index).not.toBe(before!.index);
    expect(kind.index.rows).toBe(3);
    expect(kind.index.ordinalOf("ann")).toBe(listing!.ordinal);
  }
});

test("a market that is not caught up is refused in time, never answered as empty", async () => {
  const [last] = await catalog.put("berlin", [{ id: "dan", kind: "candidate" }]);
  const parts = JSON.parse(Buffer.from(last!.revision, "base64url").toString()) as unknown[];
  const later = Buffer.from(JSON.stringify([parts[0], parts[1], parts[2], "999", parts[4]])).toString(
    "base64url",
  );
  const error = await projections[0]!
    .waitFor("berlin", [later], AbortSignal.timeout(50))
    .catch((cause) => cause);
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({ code: Code.Unavailable });
  expect(reasonOf(error)).toBe("NOT_CAUGHT_UP");
  expect((error as ConnectError).findDetails(RetryInfoSchema)).toHaveLength(1);
  const beyond = projections[0]!.position!.feedSeq + 100n;
  const early = projections[0]!.waitForPosition("berlin", beyond, AbortSignal.timeout(50));
  await expect(early).rejects.toMatchObject({ code: Code.Unavailable });
});

test("a kind that there is not is not waited for", async () => {
  expect(await projections[0]!.kind("markets/berlin/kinds/nobody", soon())).toBeUndefined();
});

test("a fact that cannot be applied makes the projection start over from an export", async () => {
  const [projection] = projections;
  const bootstraps = projection!.bootstrapsCount;
  const [listing] = await catalog.put("berlin", [{ id: "eve", kind: "candidate" }]);
  // Another listing with the ordinal of this one: what ordinals promise is broken.
  await catalog.announceAgain("berlin", [
    { ...listing!, name: "markets/berlin/listings/mallory", version: 99n },
  ]);
  const [after] = await catalog.put("berlin", [{ id: "fay", kind: "candidate" }]);
  const kinds = await kindsOf(after!.revision);
  expect(projection!.bootstrapsCount).toBeGreaterThan(bootstraps);
  for (const { index } of kinds) {
    expect(index.ordinalOf("mallory")).toBeUndefined();
    expect(index.ordinalOf("fay")).toBe(after!.ordinal);
  }
});

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test("replicas agree with each other and with an export after whatever happened to the stream", async () => {
  const nats = await connect({ servers: testNatsUrl() });
  onTestFinished(() => nats.close());
  const manager = await nats.jetstreamManager();
  const random = randomOf(5);
  const bootstraps = projections.map(({ bootstrapsCount }) => bootstrapsCount);
  const cities = ["Bonn", "Köln", "Trier"];
  const listings = () =>
    Array.from({ length: 100 }, (_, at) => ({
      ...{ id: `l${at}`, kind: "candidate", owner: `p${at % 7}` },
      attributes: { city: cities[Math.floor(random() * 3)]!, street: `street ${at}` },
    }));
  const older = await catalog.put("berlin", listings());
  const newer = await catalog.put("berlin", listings());
  // Late, twice, and in an order of chance.
  const again = [...older, ...newer, ...older].map((each) => ({ each, at: random() }));
  await catalog.announceAgain(
    "berlin",
    again.sort((a, b) => a.at - b.at).map(({ each }) => each),
  );
  const stream = await catalogStream(manager);
  await manager.streams.purge(stream);
  await catalog.put("berlin", listings());
  await manager.streams.delete(stream);
  const last = (await catalog.put("berlin", listings())).at(-1)!;
  const [one, two] = await kindsOf(last.revision);
  expect(one!.checksum).toBe(two!.checksum);
  await expect
    .poll(() => projections.every(({ bootstrapsCount }, at) => bootstrapsCount > bootstraps[at]!), soonPoll)
    .toBe(true);
  const [changed] = await catalog.put("berlin", [
    { id: "l7", kind: "candidate", attributes: { city: "Trier" } },
  ]);
  const followed = await kindsOf(changed!.revision);
  // A newer version of the kind is read from an export: the same listings by another way.
  const { version } = await catalog.putKind("berlin", "candidate", "SUPPLY", {
    city: text,
    street: text,
    yard: text,
  });
  const exported = await Promise.all(projections.map((each) => each.kind(candidate, soon(), version)));
  expect(exported.map((kind) => kind!.version)).toEqual([version, version]);
  const all = [...followed, ...exported].map((kind) => kind!.checksum);
  expect(new Set(all).size).toBe(1);
});

const soonPoll = { timeout: 240_000, interval: 20 };

async function catalogStream(manager: JetStreamManager): Promise<string> {
  for await (const { config } of manager.streams.list(`t${process.pid}x1.catalog.>`)) return config.name;
  throw new Error("the catalog has no stream");
}
