import { drizzle } from "drizzle-orm/postgres-js";
import postgres, { type Sql } from "postgres";
import type { DatabaseHost, DatabaseUrl } from "./database-url.ts";
import { driverOptions } from "./driver-options.ts";
import { type HostChoice, hostChoice, refuseReader } from "./hosts.ts";

/** One connection of a pool: a driver client of its own, thrown away when its connection is lost. */
export interface Connection {
  readonly sql: Sql;
  /** True once the connection was lost; then nothing may be sent: the driver would reconnect outside the transaction. */
  dead: boolean;
  /** Told when the connection is lost; each statement in flight has one. */
  readonly onLost: Set<(error: Error) => void>;
}

export interface ConnectionOptions {
  readonly url: DatabaseUrl;
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
}

// A kept plan is as old as its table was small: made for an empty one, it reads a whole market through any index until the
// next analyze. Planning costs less than one such read.
const planning = "force_custom_plan";

/**
 * Sets the scope of a transaction; prepared when the connection opens, so that it never waits for a description. It reads no
 * table and is planned once: the connection keeps plans, and only from here to the transaction's end it does not.
 */
export const settings =
  "select set_config('marketmesh.market', $1, true), set_config('marketmesh.party', $2, true), " +
  "set_config('marketmesh.principal', $3, true), set_config('marketmesh.reach', $4, true), " +
  `set_config('statement_timeout', $5, true), set_config('plan_cache_mode', '${planning}', true)`;

/** For all hosts of a URL together. */
export const connectTimeoutMs = 10_000;

// One for each pool: its connections remember together which host worked.
const choices = new WeakMap<ConnectionOptions, HostChoice>();

function hostsOf(options: ConnectionOptions): HostChoice {
  const known = choices.get(options);
  if (known) return known;
  const made = hostChoice(options.url);
  choices.set(options, made);
  return made;
}

/** Connects and logs in at the first host that will do. */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  return await hostsOf(options).connect((host) => connectTo(host, options));
}

/** Within ten seconds for all hosts: a driver whose connections are cut at once goes on connecting and says nothing. */
async function connectTo(host: DatabaseHost, options: ConnectionOptions): Promise<Connection> {
  const { url } = options;
  const onLost = new Set<(error: Error) => void>();
  const connection: Connection = {
    dead: false,
    onLost,
    sql: clientAt(host, options, "force_generic_plan", () => lose(connection)),
  };
  const timer = setTimeout(() => lose(connection), connectTimeoutMs / url.hosts.length);
  try {
    await send(connection, connection.sql.unsafe(settings, ["", "", "", "", "0"], { prepare: true }));
    await send(connection, refuseReader(connection.sql, url));
    return connection;
  } catch (error) {
    discard(connection);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for a statement or the loss of its connection: the driver forgets one that was sent just before the loss. After the loss it is
 * not sent, since the driver would reconnect by itself, without what the session had.
 */
export function send<T>(connection: Connection, query: PromiseLike<T>): Promise<T> {
  if (connection.dead) return Promise.reject(connectionLost());
  return new Promise((resolve, reject) => {
    const settle = <V>(act: (value: V) => void) => {
      return (value: V) => {
        connection.onLost.delete(reject);
        act(value);
      };
    };
    connection.onLost.add(reject);
    query.then(settle(resolve), settle(reject));
  });
}

/** Nothing may be sent any more; what is in flight is told. */
export function lose(connection: Connection): void {
  connection.dead = true;
  for (const tell of connection.onLost) tell(connectionLost());
  connection.onLost.clear();
}

function connectionLost(): Error {
  return Object.assign(new Error("connection lost"), { code: "CONNECTION_CLOSED" });
}

/** Closes without waiting; for a connection in an unknown state. */
export function discard(connection: Connection): void {
  connection.dead = true;
  connection.sql.end({ timeout: 0 }).catch(() => {});
}

/** A client of one connection, at the first host, that reads and writes values the way drizzle expects. */
export function client(options: ConnectionOptions): Sql {
  return clientAt(options.url.hosts[0] as DatabaseHost, options, planning, () => {});
}

function clientAt(
  host: DatabaseHost,
  options: ConnectionOptions,
  planMode: string,
  onclose: () => void,
): Sql {
  const driver = driverOptions(options.url, host);
  const sql = postgres({
    ...driver,
    onclose,
    connect_timeout: connectTimeoutMs / 1_000,
    max_lifetime: null,
    connection: {
      ...driver.connection,
      application_name: options.applicationName,
      plan_cache_mode: planMode,
      jit: "off",
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
  drizzle(sql);
  return sql;
}
