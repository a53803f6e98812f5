import { Code } from "@connectrpc/connect";
import { Party_State } from "@marketmesh/contracts/identity/v1";
import { type Events, openEvents } from "@marketmesh/events";
import { type RunningService, start } from "@marketmesh/service-host";
import { openWay, testNatsUrl, type Way } from "@marketmesh/testkit/servers";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openErasureStream } from "../src/erasures/erasure-stream.ts";
import { bindIdentity } from "../src/service.ts";
import { type IdentityUnderTest, startIdentity } from "./start-identity.ts";

let way: Way;
let identity: IdentityUnderTest;
let events: Events;
let namespace: string;

beforeEach(async () => {
  way = await openWay(testNatsUrl());
  identity = await startIdentity({ IDENTITY_ERASURE_LIST: "stream", NATS_URL: way.by(testNatsUrl()) });
  namespace = identity.running.host.env.EVENTS_NAMESPACE!;
  events = await eventsOf(namespace);
});
afterEach(async () => {
  await identity[Symbol.asyncDispose]();
  await events.close();
  await way[Symbol.asyncDispose]();
});

/** Another process of identity, over the same database and broker. */
const replica = (env: Record<string, string> = {}): Promise<RunningService> =>
  start("identity", bindIdentity, { ...identity.running.host.env, PORT: "0", METRICS_PORT: "0", ...env });

const eventsOf = (of: string) =>
  openEvents({
    service: "reader",
    natsUrl: testNatsUrl(),
    namespace: of,
    feedsOf: () => {
      throw new Error("nobody follows here");
    },
  });

async function erased(by = events): Promise<string[]> {
  const { kept } = await openErasureStream(await by.kept("erasures"), () => {});
  return kept.map(({ party }) => party);
}

/** As a backup from before all erasures would bring it back. */
const restoreBefore = () =>
  identity.database.background(async (tx) => {
    await tx.execute(sql`delete from erasures`);
    await tx.execute(sql`update parties set state = 'ACTIVE', display_name = 'Ada', version = 1`);
  });

test("what any replica erased is erased again by whichever starts over a restored database", async () => {
  const { admin, adminToken, name, party } = await identity.market("berlin");
  await admin.createParty({ parent: name, partyId: "bea", party: { displayName: "Bea" } });
  await admin.eraseParty({ name: party });
  const second = await replica();
  const answer = await fetch(`${second.url}/marketmesh.identity.v1.IdentityService/EraseParty`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: `${name}/parties/bea` }),
  });
  expect(answer.status).toBe(200);
  expect(await erased()).toEqual(["ada", "bea"]);
  await second.close();

  await restoreBefore();
  const third = await replica();
  for (const id of ["ada", "bea"]) {
    const { party } = await admin.getParty({ name: `${name}/parties/${id}` });
    expect(party).toMatchObject({ state: Party_State.ERASED, displayName: "" });
  }
  await third.close();
});

test("an erasure is answered when the broker has it, and not before", async () => {
  const { admin, name, party } = await identity.market("berlin");
  const request = { name: party, requestId: crypto.randomUUID() };
  await way.cut();
  await expect(admin.eraseParty(request)).rejects.toMatchObject({ code: Code.Unavailable });
  expect(await erased()).toEqual([]);
  await way.mend();
  await expect
    .poll(() => admin.eraseParty(request).then(({ party }) => party?.state), { timeout: 240_000 })
    .toBe(Party_State.ERASED);
  expect(await erased()).toEqual(["ada"]);
  expect((await admin.listErasures({ parent: name })).erasures).toHaveLength(1);
});

test("without the broker a replica waits, alive, rather than serve what may have been restored", async () => {
  const { admin, name, party } = await identity.market("berlin");
  await admin.eraseParty({ name: party });
  await restoreBefore();
  const cut = await openWay(testNatsUrl(), "cut");
  const waiting = Promise.withResolvers<string>();
  const env = { ...identity.running.host.env, PORT: "0", METRICS_PORT: "0", NATS_URL: cut.by(testNatsUrl()) };
  const starting = start("identity", bindIdentity, env, {
    write(text) {
      const line = JSON.parse(text);
      if (line.msg === "waiting to start") waiting.resolve(line.url);
    },
  });
  const url = await waiting.promise;
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect((await admin.getParty({ name: party })).party?.displayName).toBe("Ada");
  await cut.mend();
  const service = await starting;
  expect((await admin.getParty({ name: party })).party?.state).toBe(Party_State.ERASED);
  expect((await admin.listErasures({ parent: name })).erasures).toHaveLength(1);
  await service.close();
  await cut[Symbol.asyncDispose]();
});

test("what a database knows already is added when the stream becomes the place", async () => {
  const { admin, party } = await identity.market("berlin");
  await admin.eraseParty({ name: party });
  const service = await replica({ EVENTS_NAMESPACE: `${namespace}b` });
  const others = await eventsOf(`${namespace}b`);
  expect(await erased(others)).toEqual(["ada"]);
  await others.close();
  await service.close();
});

test("a message that is no erasure is told as a fault, and the others count", async () => {
  const { admin, name, party } = await identity.market("berlin");
  await admin.eraseParty({ name: party });
  const bytes = (text: string) => ({ id: text, data: new TextEncoder().encode(text) });
  const misnamed = { market: "berlin", party: "\u0000 no id", eraseTime: "2026-11-22T00:00:00Z" };
  await (await events.kept("erasures")).append([bytes("no erasure"), bytes(JSON.stringify(misnamed))]);
  await restoreBefore();
  const lines: { msg: string; level: string; count?: number; messages?: number[] }[] = [];
  const env = { ...identity.running.host.env, PORT: "0", METRICS_PORT: "0" };
  const service = await start("identity", bindIdentity, env, {
    write: (text) => lines.push(JSON.parse(text)),
  });
  expect((await admin.getParty({ name: party })).party?.state).toBe(Party_State.ERASED);
  expect((await admin.listErasures({ parent: name })).erasures).toHaveLength(1);
  const told = lines.find(({ msg }) => msg === "messages of the erasure list were skipped");
  expect(told).toMatchObject({ level: "error", count: 2, messages: [2, 3] });
  const metrics = await (await fetch(`${service.metricsUrl}/metrics`)).text();
  expect(metrics).toMatch(/errors_total\{where="background"\} 1/);
  await service.close();
});
