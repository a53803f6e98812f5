/** A database server of several that may be the one. */
export interface DatabaseHost {
  /** A name or address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** How a connection is secured, as libpq's `sslmode` says. */
export interface DatabaseTls {
  /** `require` encrypts and verifies nothing, `verify-ca` the authority, `verify-full` the host's name as well. */
  readonly mode: "require" | "verify-ca" | "verify-full";
  /** PEM files, read again for each connection. Without authorities those that Node brings are taken. */
  readonly rootCertFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What a database URL says. */
export interface DatabaseUrl {
  /** At least one; tried in turn. */
  readonly hosts: readonly DatabaseHost[];
  readonly user: string;
  readonly password: string;
  /** A file that holds the password instead; read for each connection. */
  readonly passwordFile: string | undefined;
  readonly database: string;
  readonly tls: DatabaseTls | undefined;
  /** Only a server that takes writes will do (`target_session_attrs=read-write` or `primary`). */
  readonly writable: boolean;
  /** Settings of the session: whatever else the URL names. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A database URL can't be used; the message never quotes it. */
export class DatabaseUrlError extends Error {
  override readonly name = "DatabaseUrlError";
}

// Parameters of a URL that are not for the server.
const known = new Set([
  ...["sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs", "passwordfile"],
  ...["application_name", "connect_timeout"],
]);
// What we can't keep we don't promise.
const unsupported = new Set([
  "channel_binding",
  "requiressl",
  "sslcrl",
  "sslpassword",
  "gssencmode",
  "passfile",
  "ssl",
]);

/**
 * Reads `postgres://user:password@host:5432,other:5432/database?sslmode=verify-full&sslrootcert=/ca.pem&…`. WHATWG URLs know
 * no list of hosts. Throws DatabaseUrlError.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const parts = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]+)\/([^?#]*)(?:\?([^#]*))?$/.exec(text);
  if (!parts) throw new DatabaseUrlError("must be postgres://user:password@host:port/database");
  const [, login = "", hosts = "", database = "", query = ""] = parts;
  const [user = "", password = ""] = login.split(/:(.*)/s).map(decodeURIComponent);
  const parameters = new URLSearchParams(query);
  for (const key of parameters.keys()) {
    if (unsupported.has(key)) throw new DatabaseUrlError(`${key} is not supported`);
  }
  return {
    hosts: hosts.split(",").map(hostOf),
    user,
    password,
    passwordFile: parameters.get("passwordfile") ?? undefined,
    database: decodeURIComponent(database),
    tls: tlsOf(parameters),
    writable: writableOf(parameters.get("target_session_attrs") ?? "any"),
    settings: Object.fromEntries([...parameters].filter(([key]) => !known.has(key))),
  };
}

/**
 * The hosts of `postgres://replica:5432,other:5432`. It may be a whole URL; user, password and the rest are of no account. Throws
 * DatabaseUrlError.
 */
export function parseReadUrl(text: string): readonly DatabaseHost[] {
  return parseDatabaseUrl(/^\w+:\/\/[^/?#]+$/.test(text) ? `${text}/` : text).hosts;
}

/** The same URL with a password that is read from a file for each connection. */
export function withPasswordFile(url: string, file: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}passwordfile=${encodeURIComponent(file)}`;
}

function hostOf(text: string): DatabaseHost {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim());
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined) throw new DatabaseUrlError("must name hosts as host:port, separated by commas");
  return { host: decodeURIComponent(host), port: Number(parts?.[3] ?? 5432) };
}

function tlsOf(parameters: URLSearchParams): DatabaseTls | undefined {
  const mode = parameters.get("sslmode") ?? "disable";
  if (mode === "disable") return undefined;
  if (mode !== "require" && mode !== "verify-ca" && mode !== "verify-full")
    throw new DatabaseUrlError("sslmode must be disable, require, verify-ca or verify-full");
  const rootCertFile = parameters.get("sslrootcert") ?? undefined;
  const [certFile, keyFile] = ["sslcert", "sslkey"].map((key) => parameters.get(key) ?? undefined);
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new DatabaseUrlError("sslcert and sslkey are set together or not at all");
  if (rootCertFile === "system") return { mode: "verify-full", certFile, keyFile };
  if (mode === "verify-ca" && rootCertFile === undefined)
    throw new DatabaseUrlError(
      "sslmode=verify-ca needs sslrootcert: anybody gets a certificate of a public authority",
    );
  // With authorities at hand libpq verifies them, whatever `require` says.
  if (mode === "require" && rootCertFile !== undefined)
    return { mode: "verify-ca", rootCertFile, certFile, keyFile };
  return { mode, rootCertFile, certFile, keyFile };
}

function writableOf(attributes: string): boolean {
  if (attributes === "any") return false;
  if (attributes === "read-write" || attributes === "primary") return true;
  throw new DatabaseUrlError("target_session_attrs must be any, read-write or primary");
}
