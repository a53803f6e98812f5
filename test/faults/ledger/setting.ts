import { createTestDatabase, startTestIssuer, testDatabaseUrl, testNatsUrl } from "@marketmesh/testkit";
import { openWay, type Way } from "@marketmesh/testkit/servers";
import postgres, { type Sql } from "postgres";
import { bundleServices } from "../bundled.ts";
import { market } from "./listings.ts";
import { ServiceProcesses } from "./service-processes.ts";

const tokenMs = 300_000;

/** Processes of allocation alone, with a database of their own behind a way that can be cut. */
export interface Setting extends AsyncDisposable {
  readonly processes: ServiceProcesses;
  readonly way: Way;
  /** The eyes of the server's owner. */
  readonly sql: Sql;
  readonly appUrl: string;
  readonly backgroundUrl: string;
  /** A token of the market's staff. */
  token(): Promise<string>;
}

/** Starts so many processes; `more` is what their environment has besides. */
export async function startSetting(
  count: number,
  more: Readonly<Record<string, string>> = {},
): Promise<Setting> {
  await using stack = new AsyncDisposableStack();
  const created = stack.use(await createTestDatabase({ service: "allocation" }));
  const issuer = stack.use(await startTestIssuer());
  const way = stack.use(await openWay(created.appUrl));
  const bundles = stack.use(await bundleServices(["allocation"]));
  const processes = stack.use(new ServiceProcesses(bundles.services[0]!.main));
  const env = {
    DATABASE_URL: way.by(created.appUrl),
    DATABASE_BACKGROUND_URL: way.by(created.backgroundUrl),
    DATABASE_MIGRATOR_URL: created.migratorUrl,
    DATABASE_POOL_MAX: "8",
    NATS_URL: testNatsUrl(),
    EVENTS_NAMESPACE: created.name.replaceAll(/\W/g, ""),
    EVENTS_STREAM_BYTES_MAX: String(2 ** 30),
    MESH_IDENTITY_URL: issuer.url,
    ...Object.fromEntries(
      ["CATALOG", "ELIGIBILITY", "SCORING"].map((name) => [`MESH_${name}_URL`, "http://127.0.0.1:9"]),
    ),
    SERVICE_KEY: "serviceAccounts/allocation",
    RATE_LIMIT_CALLS_PER_SECOND: "100000",
    LOG_LEVEL: "error",
    ...more,
  };
  for (let n = 0; n < count; n++) await processes.start(env);
  const owner = new URL(testDatabaseUrl());
  owner.pathname = `/${created.name}`;
  const sql = postgres(owner.href, { max: 2, onnotice: () => {} });
  stack.defer(() => sql.end());
  const owned = stack.move();
  let token = { text: "", untilMs: 0 };
  return {
    processes,
    way,
    sql,
    appUrl: created.appUrl,
    backgroundUrl: created.backgroundUrl,
    async token() {
      if (token.untilMs < Date.now()) {
        const principal = `markets/${market}/serviceAccounts/staff`;
        token = { text: await issuer.testToken({ principal, market }), untilMs: Date.now() + tokenMs };
      }
      return token.text;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
