import postgres from "postgres";
import { type DatabaseHost, type DatabaseUrl, parseDatabaseUrl } from "./database-url.ts";
import { driverOptions } from "./driver-options.ts";
import { toDatabaseError } from "./errors.ts";
import { hostChoice, refuseReader } from "./hosts.ts";

/** A connection kept for what belongs to a session: LISTEN and session locks. Never for transactional work. */
export interface DedicatedSession extends AsyncDisposable {
  /** Aborted when the connection is lost or closed; with it went the session's locks. */
  readonly lost: AbortSignal;
  /** Runs one statement; parameters are texts. */
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
  const internal = { onnotify: (channel: string) => options.onNotify?.(channel) };
  const driver = driverOptions(url, host);
  const sql = postgres({
    ...internal,
    ...driver,
    onclose: () => lost.abort(),
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 10,
    connection: { ...driver.connection, application_name: options.applicationName },
  });
  const query = async <Row extends Record<string, unknown>>(text: string, values: readonly string[] = []) => {
    // The driver would reconnect by itself, without what the session had.
    if (lost.signal.aborted)
      throw toDatabaseError(Object.assign(new Error("lost"), { code: "CONNECTION_CLOSED" }));
    try {
      return [...(await sql.unsafe(text, [...values]))] as unknown as readonly Row[];
    } catch (error) {
      throw toDatabaseError(error);
    }
  };
  const close = async () => {
    lost.abort();
    await sql.end({ timeout: 1 });
  };
  try {
    await query("select 1");
    await refuseReader(sql, url);
  } catch (error) {
    await close();
    throw error;
  }
  return { lost: lost.signal, query, close, [Symbol.asyncDispose]: close };
}
