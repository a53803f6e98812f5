import postgres from "postgres";
import { typeOptions } from "./array-types.ts";
import { toDatabaseError } from "./errors.ts";

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
  const lost = new AbortController();
  const internal = { onnotify: (channel: string) => options.onNotify?.(channel) };
  const sql = postgres(url, {
    ...internal,
    ...typeOptions,
    max: 1,
    onnotice: () => {},
    onclose: () => lost.abort(),
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 10,
    connection: { application_name: options.applicationName },
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
  } catch (error) {
    await close();
    throw error;
  }
  return { lost: lost.signal, query, close, [Symbol.asyncDispose]: close };
}
