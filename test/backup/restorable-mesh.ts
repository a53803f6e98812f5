import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindAllocation } from "@marketmesh/allocation";
import { bindCatalog } from "@marketmesh/catalog";
import { type ConnectedMesh, connectMesh } from "@marketmesh/cli/connect";
import { bindEligibility } from "@marketmesh/eligibility";
import { bindFulfillment } from "@marketmesh/fulfillment";
import { bindIdentity } from "@marketmesh/identity";
import { bindScoring } from "@marketmesh/scoring";
import { type RunningServices, startServices } from "@marketmesh/testkit";
import { createTestDatabase, type TestDatabase, testNatsUrl } from "@marketmesh/testkit/servers";
import { connect } from "nats";
import postgres, { type Sql } from "postgres";
import { patienceMs } from "../support/whole-mesh.ts";

const binds = {
  identity: bindIdentity,
  catalog: bindCatalog,
  eligibility: bindEligibility,
  scoring: bindScoring,
  allocation: bindAllocation,
  fulfillment: bindFulfillment,
};

/** Services, each after those it depends on: a backup opens its snapshots the other way round. */
export const serviceNames = Object.keys(binds) as readonly ServiceName[];

export type ServiceName = keyof typeof binds;

/** What stays the same while databases come and go: keys, the erasure list, the streams' names. */
export interface Site extends Disposable {
  readonly folder: string;
  readonly masterKey: string;
  readonly namespace: string;
  readonly keys: Readonly<Record<string, string>>;
}

export type Databases = ReadonlyMap<string, TestDatabase>;

export interface StartedMesh extends AsyncDisposable {
  readonly clients: ConnectedMesh;
  readonly services: RunningServices["services"];
}

export function newSite(): Site {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-drill-"));
  const key = () => `mmk_${randomBytes(32).toString("base64url")}`;
  const keys = Object.fromEntries(["operator", ...serviceNames].map((name) => [name, key()]));
  const principals = Object.entries(keys).map(([name, secret]) => ({
    principal: `serviceAccounts/${name}`,
    keySha256: createHash("sha256").update(secret).digest("hex"),
    roles: [name === "operator" ? "operator" : "service"],
  }));
  writeFileSync(join(folder, "bootstrap.json"), JSON.stringify(principals), { mode: 0o600 });
  return {
    folder,
    keys,
    masterKey: randomBytes(32).toString("hex"),
    namespace: `d${randomBytes(4).toString("hex")}`,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Empty databases, one for each service or for those named. */
export async function newDatabases(
  names: readonly ServiceName[] = serviceNames,
): Promise<Databases & AsyncDisposable> {
  const made = await Promise.all(
    names.map(async (service) => [service, await createTestDatabase({ service })] as const),
  );
  return Object.assign(new Map(made), {
    [Symbol.asyncDispose]: async () => void (await Promise.all(made.map(([, database]) => database.drop()))),
  });
}

/** The services that have a database of those given, in this process. */
export async function startMesh(site: Site, databases: Databases): Promise<StartedMesh> {
  const running = await startServices(
    namesOf(databases).map((name) => ({
      name,
      bind: binds[name],
      database: false,
      env: envOf(site, databases, name),
    })),
  );
  const endpoints = {
    ...Object.fromEntries(serviceNames.map((name) => [name, nowhere])),
    ...running.endpoints,
  };
  const clients = connectMesh(endpoints, site.keys.operator!, { patienceMs });
  return {
    clients,
    services: running.services,
    async [Symbol.asyncDispose]() {
      clients[Symbol.dispose]();
      await running.close();
    },
  };
}

// Of a service that is not started.
const nowhere = "http://127.0.0.1:9";

/** Whose databases they are, in the order of `serviceNames`. */
export function namesOf(databases: Databases): readonly ServiceName[] {
  return serviceNames.filter((name) => databases.has(name));
}

function envOf(site: Site, databases: Databases, name: string) {
  const { appUrl, backgroundUrl, migratorUrl } = databases.get(name)!;
  const absent = serviceNames.filter((each) => !databases.has(each));
  return {
    ...Object.fromEntries(absent.map((each) => [`MESH_${each.toUpperCase()}_URL`, nowhere])),
    DATABASE_URL: appUrl,
    DATABASE_BACKGROUND_URL: backgroundUrl,
    DATABASE_MIGRATOR_URL: migratorUrl,
    DATABASE_POOL_MAX: "4",
    DATABASE_BACKGROUND_POOL_MAX: "4",
    NATS_URL: testNatsUrl(),
    EVENTS_NAMESPACE: site.namespace,
    SERVICE_KEY: site.keys[name]!,
    LOG_LEVEL: "error",
    ...(name === "identity" && {
      IDENTITY_BOOTSTRAP_FILE: join(site.folder, "bootstrap.json"),
      IDENTITY_MASTER_KEY: site.masterKey,
      IDENTITY_ERASURE_LIST: `file:${join(site.folder, "erasures.ndjson")}`,
    }),
  };
}

/** Deletes the site's streams, as a restore does. */
export async function deleteStreams({ namespace }: Site): Promise<void> {
  const connection = await connect({ servers: testNatsUrl() });
  const manager = await connection.jetstreamManager();
  for await (const stream of manager.streams.list(`${namespace}.>`))
    await manager.streams.delete(stream.config.name);
  await connection.close();
}

/** Reads a service's database as its owner. */
export async function inDatabase<T>(
  databases: Databases,
  service: string,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(databases.get(service)!.migratorUrl, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
