import type { Sql } from "postgres";
import type { DatabaseHost, DatabaseUrl } from "./database-url.ts";
import { toDatabaseError, UnavailableError } from "./errors.ts";

/** Which of several servers is asked first. */
export interface HostChoice {
  /** Tries the hosts in turn, beginning with the one that worked last; throws what the last one threw. */
  connect<T>(attempt: (host: DatabaseHost) => Promise<T>): Promise<T>;
}

/** Goes on to the next host where one is away or, if the URL asks for one that takes writes, only reads. */
export function hostChoice({ hosts }: DatabaseUrl): HostChoice {
  let first = 0;
  return {
    async connect(attempt) {
      let failure: unknown;
      for (let tries = 0; tries < hosts.length; tries += 1) {
        const at = (first + tries) % hosts.length;
        try {
          const connected = await attempt(hosts[at] as DatabaseHost);
          first = at;
          return connected;
        } catch (error) {
          failure = error;
          if (!(toDatabaseError(error) instanceof UnavailableError)) break;
        }
      }
      throw failure;
    },
  };
}

/** Throws UnavailableError where the URL asks for a server that takes writes and this one does not. */
export async function refuseReader(sql: Sql, { writable }: DatabaseUrl): Promise<void> {
  if (!writable) return;
  const [row] = await sql.unsafe<{ transaction_read_only: string }[]>("show transaction_read_only");
  if (row?.transaction_read_only === "on")
    throw new UnavailableError(new Error("the server takes no writes"));
}
