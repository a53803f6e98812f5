import * as grpc from "@grpc/grpc-js";
import { applyPack } from "@marketmesh/cli/job/apply-pack";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { Round_State } from "@marketmesh/contracts/allocation/v1";
import { permissionsOf } from "@marketmesh/events";
import { type Pack, readPack } from "@marketmesh/markets";
import { createTestAuthority } from "@marketmesh/testkit";
import { connect, type NatsConnection } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";
import { brokerRoles } from "./broker-roles.ts";
import { type CertificateFolder, certificateFolder, mutualTlsEnv } from "./certificate-folder.ts";
import { type GuardedBroker, startGuardedBroker } from "./nats-server.ts";

const namespace = "transport";
const authority = createTestAuthority();
const names = ["localhost", "127.0.0.1"];
const caller = { ca: authority.ca, ...authority.issue({ names: ["operator.mesh"] }) };
const everything = { publish: [">"], subscribe: [">"] };

let folder: CertificateFolder;
let broker: GuardedBroker;
let mesh: WholeMesh;
beforeAll(async () => {
  folder = certificateFolder(authority.issue({ names }), authority.ca);
  broker = await startGuardedBroker(authority, {
    ...Object.fromEntries(brokerRoles.map((role) => [role.service, permissionsOf(role, namespace)])),
    observer: everything,
  });
  mesh = await startWholeMesh(
    (service) => ({
      ...mutualTlsEnv(folder),
      NATS_URL: broker.urlOf(service),
      NATS_CA_FILE: broker.caFile,
      EVENTS_NAMESPACE: namespace,
      IDENTITY_ERASURE_LIST: "stream",
      EVENTS_AUDIT_AFTER_MS: "100",
      EVENTS_AUDIT_EVERY_MS: "50",
    }),
    { tls: caller },
  );
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

const asUser = (user: string): Promise<NatsConnection> =>
  connect({
    servers: new URL(broker.urlOf(user)).host,
    user,
    pass: new URL(broker.urlOf(user)).password,
    tls: { caFile: broker.caFile },
    inboxPrefix: `_INBOX.${user}`,
  });

test("a mesh under mTLS, whose services may do at the broker only what they must, decides", async () => {
  expect(Object.values(mesh.endpoints).every((url) => url.startsWith("https:"))).toBe(true);
  const pack = simplePack();
  await applyPack(mesh.clients, "secure", pack, { clock: "2026-03-02T08:00:00Z" });
  const talents = [{ id: "ada", attributes: { skills: ["x"], years_experience: 9, asked_hourly_rate: 20 } }];
  const jobs = [{ id: "one", attributes: { required_skills: ["x"], max_hourly_rate: 60 } }];
  const imports = [
    await importListings(mesh.clients, "secure", "supply", pack.plan.supply, talents),
    await importListings(mesh.clients, "secure", "demand", pack.plan.demand, jobs),
  ];
  const parent = "markets/secure";
  const { allocation } = mesh.clients;
  const round = { plan: `${parent}/plans/${pack.plan.plan}` };
  const revisions = imports.map(({ revision }) => revision);
  await allocation.createRound({ parent, roundId: "one", round, revisions }, { timeoutMs: 120_000 });
  for await (const seen of allocation.watchRound({ name: `${parent}/rounds/one` })) {
    if (seen.round!.state === Round_State.FAILED) throw new Error(seen.round!.failure);
  }
  const { holds } = await allocation.listHolds({ parent });
  expect(holds.map(({ demand, supply }) => [demand, supply])).toEqual([
    [`${parent}/listings/one`, `${parent}/listings/ada`],
  ]);
});

test("its consumers are those that the permissions name; they have everything, and nothing was refused", async () => {
  const observer = await asUser("observer");
  try {
    const manager = await observer.jetstreamManager();
    for (const { service, works } of brokerRoles) {
      for (const work of works) {
        const stream = `${namespace}_${work.service}`.toUpperCase();
        const info = () => manager.consumers.info(stream, `${service}_${work.subscription}`);
        await expect
          .poll(async () => [(await info()).num_pending, (await info()).num_ack_pending], {
            timeout: 240_000,
          })
          .toEqual([0, 0]);
      }
    }
    const durables: string[] = [];
    // A follower that began again leaves its consumer to end by itself.
    const followed = new Set<string>();
    for await (const { config } of manager.streams.list()) {
      for await (const consumer of manager.consumers.list(config.name)) {
        if (consumer.config.durable_name) durables.push(consumer.config.durable_name);
        else followed.add(config.name);
      }
    }
    const named = brokerRoles.flatMap(({ service, works }) =>
      works.map((work) => `${service}_${work.subscription}`),
    );
    expect(durables.sort()).toEqual(named.sort());
    const followedByRole = brokerRoles.flatMap(({ follows }) => follows);
    expect([...followed].sort()).toEqual(
      [...new Set(followedByRole)].map((service) => `${namespace}_${service}`.toUpperCase()).sort(),
    );
    expect(broker.violations).toEqual([]);
  } finally {
    await observer.close();
  }
});

test("a service's user may neither speak for another nor hear what is not its own", async () => {
  const catalog = await asUser("catalog");
  try {
    const before = broker.violations.length;
    catalog.publish(`${namespace}.allocation.v1.offer.0`, "forged");
    catalog.subscribe(`${namespace}.allocation.>`, { callback: () => {} });
    catalog.subscribe("_INBOX.identity.>", { callback: () => {} });
    await catalog.flush();
    await expect.poll(() => broker.violations.length - before, { timeout: 240_000 }).toBe(3);
    const deletion = catalog.request(`$JS.API.STREAM.DELETE.${namespace.toUpperCase()}_CATALOG`, "", {
      timeout: 500,
    });
    await expect(deletion).rejects.toThrow(/permissions|timeout|503/i);
  } finally {
    await catalog.close();
  }
});

test("a client of grpc-js gets in with a certificate, and not without", async () => {
  const address = new URL(mesh.endpoints.catalog!).host.replace("127.0.0.1", "localhost");
  const buffers = [caller.ca, caller.key, caller.cert].map((text) => Buffer.from(text)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const check = (credentials: grpc.ChannelCredentials) => {
    const client = new grpc.Client(address, credentials);
    const same = (bytes: Buffer) => bytes;
    return new Promise<Buffer | undefined>((resolve, reject) =>
      client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        same,
        same,
        Buffer.alloc(0),
        { deadline: Date.now() + 120_000 },
        (failure, answer) => (failure ? reject(failure) : resolve(answer)),
      ),
    ).finally(() => client.close());
  };
  // status: SERVING
  expect(await check(grpc.credentials.createSsl(...buffers))).toEqual(Buffer.from([8, 1]));
  await expect(check(grpc.credentials.createSsl(buffers[0]))).rejects.toMatchObject({
    code: grpc.status.UNAVAILABLE,
  });
});

test("the permissions that a deployment uses are as the code says", async () => {
  const all = Object.fromEntries(brokerRoles.map((role) => [role.service, permissionsOf(role)]));
  await expect(`${JSON.stringify(all, null, 2)}\n`).toMatchFileSnapshot("../../deploy/nats/permissions.json");
});

function simplePack(): Pack {
  const pack = readPack("labor");
  const feature = (name: string, expression: string) => ({ feature: name, weight: 1, expression });
  return {
    ...pack,
    statistics: [],
    policy: { policy: "anyone", rules: [{ reason: "NEVER", expression: "size(supply.skills) >= 0" }] },
    models: [
      {
        model: "job-sees-talent",
        perspective: "DEMAND",
        features: [feature("experience", "supply.years_experience / 10")],
      },
      {
        model: "talent-sees-job",
        perspective: "SUPPLY",
        features: [feature("pay", "demand.max_hourly_rate / 100")],
      },
    ],
  };
}
