import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { Options, PostgresType } from "postgres";
import { typeOptions } from "./array-types.ts";
import { type DatabaseHost, type DatabaseTls, type DatabaseUrl, parseDatabaseUrl } from "./database-url.ts";

/** Options of TLS that both drivers hand on to node:tls, read from their files for each connection. */
export interface DriverTls {
  readonly rejectUnauthorized: boolean;
  /** Undefined: the name is verified. */
  readonly checkServerIdentity?: () => undefined;
  readonly minVersion: "TLSv1.2";
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One server and how to log in there, for `pg`: its pool takes them as they are. */
export interface PgConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: () => string;
  readonly ssl: DriverTls | false;
}

/**
 * How to reach the first host of a database URL with `pg`. That driver reads `sslmode` in its own way and knows neither
 * several hosts nor password files. Throws DatabaseUrlError, and what reading a file throws.
 */
export function pgConnectionOptions(url: string): PgConnectionOptions {
  const parsed = parseDatabaseUrl(url);
  const [{ host, port }] = parsed.hosts as [DatabaseHost];
  const { user, database } = parsed;
  return { host, port, user, database, password: passwordOf(parsed), ssl: tlsOf(parsed.tls, host) ?? false };
}

/**
 * Options of postgres.js for one host of a database URL. What that driver makes of a URL is not enough: it sends `sslrootcert` to
 * the server as a setting, takes no client certificate, and verifies `localhost` where the host is an address.
 */
export function driverOptions(
  parsed: DatabaseUrl,
  { host, port }: DatabaseHost,
): Options<Record<string, PostgresType>> {
  const ssl = tlsOf(parsed.tls, host);
  return {
    ...typeOptions,
    host,
    port,
    user: parsed.user,
    database: parsed.database,
    password: passwordOf(parsed),
    ssl: ssl ?? false,
    max: 1,
    onnotice: () => {},
    connection: { ...parsed.settings },
  };
}

function tlsOf(tls: DatabaseTls | undefined, host: string): DriverTls | undefined {
  if (tls === undefined) return undefined;
  const files = { ca: tls.rootCertFile, cert: tls.certFile, key: tls.keyFile };
  const options = {
    minVersion: "TLSv1.2",
    rejectUnauthorized: tls.mode !== "require",
    ...(tls.mode === "verify-ca" && { checkServerIdentity: () => undefined }),
    // node:tls verifies an address by this alone.
    ...(isIP(host) !== 0 && { host }),
  } as const;
  for (const [name, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const read = lastGood(file);
    Object.defineProperty(options, name, { enumerable: true, configurable: true, get: read });
  }
  return options;
}

function passwordOf({ password, passwordFile }: DatabaseUrl): () => string {
  if (passwordFile === undefined) return () => password;
  const read = lastGood(passwordFile);
  return () => read().replace(/\r?\n$/, "");
}

/** Reads a file now, and again whenever it is asked for; one that can't be read for a moment is as it was. */
function lastGood(file: string): () => string {
  let text = readFileSync(file, "utf8");
  return () => {
    try {
      text = readFileSync(file, "utf8");
    } catch {
      // It is being exchanged; a login with the old text tells whether that will do.
    }
    return text;
  };
}
