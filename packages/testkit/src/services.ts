import { isPortFree } from "@marketmesh/dev-stack/servers";
import { type Bind, type Env, type RunningService, start } from "@marketmesh/service-host";
import { onMigratedCopy } from "./migrated-copy.ts";
import { testNatsUrl } from "./servers/index.ts";
import { type ReservedDatabase, reserveTestDatabase } from "./servers/test-database.ts";
import { startTestIssuer, type TestIssuer, type TestToken } from "./tokens.ts";

const portBase = 10_000;
// Those of meshes as `npm start` runs them begin at 20,000.
const portsCount = 10_000;
const triesMax = 200;
// It ends what hangs; a machine may be busy.
const readyMs = 240_000;

/** A service to be started with others. */
export interface ServiceUnderTest {
  readonly name: string;
  readonly bind: Bind;
  /** Gets a database of its own when it asks its host for it, migrated as the host would. Default true. */
  readonly database?: boolean;
  readonly env?: Env;
  /** Changes what it would get: another way to its database. */
  readonly envOf?: (given: Env) => Env;
}

/** Services of one test, in this process, each on its own port and database, on the run's Postgres and NATS. */
export interface RunningServices extends AsyncDisposable {
  /** By name. */
  readonly services: ReadonlyMap<string, RunningService>;
  urlOf(name: string): string;
  /** By name, for the public client. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Signs tokens; absent when identity itself is among the services. */
  readonly testToken: TestToken;
  /** Closes a service, unless that was done, and starts it again at its address, on its database and streams. */
  restart(name: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts the services together; they may call each other in any direction. Unless `identity` is one of them, a test
 * issuer stands in for it. Streams and subjects are named after the test, so that files run side by side.
 */
export async function startServices(list: readonly ServiceUnderTest[]): Promise<RunningServices> {
  const databases: ReservedDatabase[] = [];
  const services = new Map<string, RunningService>();
  const launchers = new Map<string, () => Promise<RunningService>>();
  const ports = new Map(await Promise.all(list.map(async ({ name }) => [name, await freePort()] as const)));
  const issuer = ports.has("identity") ? undefined : await startTestIssuer();
  // The run's broker reserves what a stream may grow to, and a run has many.
  const events = { EVENTS_NAMESPACE: namespace(), EVENTS_STREAM_BYTES_MAX: String(64 * 1024 * 1024) };
  // Services call each other by the scheme that they serve.
  const scheme = list.some(({ env }) => env?.TLS_CERT_FILE) ? "https" : "http";
  const shared = { ...meshEnv(scheme, ports, issuer), ...events };

  async function close(): Promise<void> {
    await Promise.all([...services.values()].map((service) => service.close()));
    await issuer?.close();
    await Promise.all(databases.map((database) => database.drop()));
  }

  try {
    await Promise.all(
      list.map(async ({ name, bind, database = true, env = {}, envOf = (given) => given }) => {
        const reserved = database ? reserveTestDatabase(name) : undefined;
        if (reserved) databases.push(reserved);
        const own = reserved ? databaseEnv(reserved) : {};
        const port = { PORT: String(ports.get(name)) };
        const key = { SERVICE_KEY: `serviceAccounts/${name}` };
        const given: Env = { ...shared, ...own, ...port, ...key, ...env };
        const bound = reserved ? onMigratedCopy(reserved, bind) : bind;
        const launch = () => start(name, bound, envOf(given));
        launchers.set(name, launch);
        services.set(name, await launch());
      }),
    );
    await Promise.all(
      [...services.values()].map((service) => service.untilReady(AbortSignal.timeout(readyMs))),
    );
  } catch (cause) {
    await close();
    throw cause;
  }
  const urlOf = (name: string) => services.get(name)?.url ?? "";
  return {
    services,
    urlOf,
    endpoints: Object.fromEntries([...services].map(([name, { url }]) => [name, url])),
    testToken: (claims) => {
      if (!issuer) throw new Error("identity runs in this test: exchange a key there");
      return issuer.testToken(claims);
    },
    async restart(name) {
      await services.get(name)?.close();
      const service = await launchers.get(name)?.();
      if (!service) throw new Error(`no service ${name} in this test`);
      services.set(name, service);
      await service.untilReady(AbortSignal.timeout(readyMs));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function databaseEnv(database: ReservedDatabase): Env {
  return {
    DATABASE_URL: database.appUrl,
    DATABASE_BACKGROUND_URL: database.backgroundUrl,
    DATABASE_MIGRATOR_URL: database.migratorUrl,
    DATABASE_POOL_MAX: "4",
    DATABASE_BACKGROUND_POOL_MAX: "4",
    NATS_URL: testNatsUrl(),
  };
}

function meshEnv(
  scheme: "http" | "https",
  ports: ReadonlyMap<string, number>,
  issuer: TestIssuer | undefined,
): Env {
  const own = [...ports].map(([name, port]) => [
    `MESH_${name.toUpperCase()}_URL`,
    `${scheme}://127.0.0.1:${port}`,
  ]);
  return { ...Object.fromEntries(own), ...(issuer && { MESH_IDENTITY_URL: issuer.url }) };
}

let namespaces = 0;

function namespace(): string {
  namespaces += 1;
  return `t${process.pid}x${namespaces}`;
}

let ports = 0;

/**
 * Every service must know the others' addresses before any of them listens. So its port lies below those that the system gives
 * to outgoing connections, one of which would take it meanwhile; and each test process begins elsewhere.
 */
async function freePort(): Promise<number> {
  const first = (process.pid * 97) % portsCount;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = portBase + ((first + ports++) % portsCount);
    if (await isPortFree(port)) return port;
  }
  throw new Error("no free port for a test");
}
