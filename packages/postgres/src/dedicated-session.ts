import postgres from "postgres";
import { type Connection, connectTimeoutMs, lose, send } from "./connection.ts";
import { type DatabaseHost, type DatabaseUrl, parseDatabaseUrl } from "./database-url.ts";
import { driverOptions } from "./driver-options.ts";
import { toDatabaseError } from "./errors.ts";
import { hostChoice, refuseReader } from "./hosts.ts";

const answerMs = 30_000;

/** A connection kept for what belongs to a session: LISTEN and session locks. Never for transactional work. */
export interface DedicatedSession extends AsyncDisposable {
  /** Aborted when the connection is lost or closed; with it went the session's locks. */
  readonly lost: AbortSignal;
  /** Runs one statement; parameters are texts. Throws UnavailableError when the connection is lost. */
  query<Row extends Record<string, unknown>>(
    text: string,
    values?: readonly string[],
  ): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** What a dedicated session tells. */
export interface DedicatedSessionOptions {
  readonly applicationName: string;
  readonly onNotify?: (channel: string) => void;
  /** A connection that leaves a statement without an answer for so long is lost, whatever the driver believes; default 30 s. */
  readonly answerMs?: number;
}

/** Opens one; throws UnavailableError when the database is away. It does not reconnect: open another. */
export async function openDedicatedSession(
  url: string,
  options: DedicatedSessionOptions,
): Promise<DedicatedSession> {
  const parsed = parseDatabaseUrl(url);
  try {
    return await hostChoice(parsed).connect((host) => openAt(host, parsed, options));
  } catch (error) {
    throw toDatabaseError(error);
  }
}

async function openAt(
  host: DatabaseHost,
  url: DatabaseUrl,
  options: DedicatedSessionOptions,
): Promise<DedicatedSession> {
  const lost = new AbortController();
  const end = () => {
    lost.abort();
    lose(connection);
  };
  const internal = { onnotify: (channel: string) => options.onNotify?.(channel) };
  const driver = driverOptions(url, host);
  const connection: Connection = {
    dead: false,
    onLost: new Set(),
    sql: postgres({
      ...internal,
      ...driver,
      onclose: end,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: connectTimeoutMs / 1_000,
      connection: { ...driver.connection, application_name: options.applicationName },
    }),
  };
  const query = async <Row extends Record<string, unknown>>(text: string, values: readonly string[] = []) => {
    try {
      const asked = send(connection, connection.sql.unsafe(text, [...values]));
      return [...(await within(options.answerMs ?? answerMs, end, asked))] as unknown as readonly Row[];
    } catch (error) {
      throw toDatabaseError(error);
    }
  };
  const close = async () => {
    end();
    await connection.sql.end({ timeout: 1 });
  };
  try {
    await within(connectTimeoutMs / url.hosts.length, end, prove(connection, url));
  } catch (error) {
    await close();
    throw error;
  }
  return { lost: lost.signal, query, close, [Symbol.asyncDispose]: close };
}

async function prove(connection: Connection, url: DatabaseUrl): Promise<void> {
  await send(connection, connection.sql.unsafe("select 1"));
  await send(connection, refuseReader(connection.sql, url));
}

/** Calls `end` when it takes longer. */
async function within<T>(timeMs: number, end: () => void, work: Promise<T>): Promise<T> {
  const timer = setTimeout(end, timeMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
