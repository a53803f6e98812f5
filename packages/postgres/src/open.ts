import type { Metrics } from "@marketmesh/telemetry";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import { client } from "./connection.ts";
import type { Database } from "./database.ts";
import { type DatabaseUrl, parseDatabaseUrl, parseReadUrl } from "./database-url.ts";
import { toDatabaseError } from "./errors.ts";
import { openPool, type Pool, type PoolName } from "./pool.ts";
import { onReplica, withReplica } from "./replica.ts";

/** Where a service's database is and how much of it one process may use. */
export interface DatabaseOptions {
  /** DATABASE_URL: the app role. */
  readonly url: string;
  /** DATABASE_BACKGROUND_URL: the background role. */
  readonly backgroundUrl: string;
  /** DATABASE_READ_URL: the hosts of a replica that only reads, entered as the same roles. Absent: the primary answers all. */
  readonly readUrl?: string | undefined;
  /** Connections of the app pool; default 8. */
  readonly appMax?: number;
  /** Connections of the background pool; default 4. */
  readonly backgroundMax?: number;
  /** Shown in pg_stat_activity; default `marketmesh`. */
  readonly applicationName?: string;
  /** Where both pools tell how busy they are. */
  readonly metrics?: Metrics;
  /** Told how many milliseconds each transaction of the app role waited for a connection. */
  readonly onWait?: (ms: number) => void;
  /** Told of each finished statement, for metrics. */
  readonly onQuery?: (query: ObservedQuery) => void;
}

/** One finished statement. The text has placeholders, never values. */
export interface ObservedQuery {
  readonly text: string;
  readonly durationMs: number;
  readonly failed: boolean;
}

const appStatementTimeoutMs = 60_000;
const backgroundStatementTimeoutMs = 600_000;

/** Opens both pools and proves that both roles can log in at the primary; throws UnavailableError when they can't. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { metrics } = options;
  const shared = { applicationName: options.applicationName ?? "marketmesh", onQuery: options.onQuery };
  const ofApp = { connectionsMax: options.appMax ?? 8, statementTimeoutMs: appStatementTimeoutMs };
  const ofBackground = {
    connectionsMax: options.backgroundMax ?? 4,
    statementTimeoutMs: backgroundStatementTimeoutMs,
  };
  const open = (name: PoolName, url: DatabaseUrl, onWait?: DatabaseOptions["onWait"]) => {
    const sizes = name === "app" || name === "app_read" ? ofApp : ofBackground;
    return openPool({ ...shared, ...sizes, name, metrics, onWait, url });
  };
  const url = parseDatabaseUrl(options.url);
  const backgroundUrl = parseDatabaseUrl(options.backgroundUrl);
  const replica = options.readUrl ? parseReadUrl(options.readUrl) : undefined;
  const app = open("app", url, options.onWait);
  const background = open("background", backgroundUrl);
  const appRead = replica && open("app_read", onReplica(url, replica));
  const backgroundRead = replica && open("background_read", onReplica(backgroundUrl, replica));
  const runApp = withReplica(app, appRead);
  const runBackground = withReplica(background, backgroundRead);
  const outside = client({ ...shared, url, statementTimeoutMs: appStatementTimeoutMs });
  const close = async () => {
    const pools = [app, background, appRead, backgroundRead].map((pool) => pool?.close());
    await Promise.all([...pools, outside.end({ timeout: 5 })]);
  };
  const select = (pool: Pool) =>
    pool.run(undefined, (tx) => tx.execute<{ name: string }>(sql`select current_database() as name`), {});
  try {
    const [[row]] = await Promise.all([select(app), select(background)]);
    return {
      name: row?.name ?? "",
      transaction: (scope, work, transactionOptions = {}) => runApp(scope, work, transactionOptions),
      background: (work, transactionOptions = {}) => runBackground(undefined, work, transactionOptions),
      app: drizzle(outside),
      backgroundUrl: options.backgroundUrl,
      close,
    };
  } catch (error) {
    await close();
    throw toDatabaseError(error);
  }
}
