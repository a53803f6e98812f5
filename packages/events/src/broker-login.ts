import { readFileSync } from "node:fs";
import { type Authenticator, type ConnectionOptions, credsAuthenticator, nkeyAuthenticator } from "nats";

/** How the broker is entered, besides what NATS_URL says. Files are read again with each connection. */
export interface BrokerLogin {
  /** PEM: the authorities that the broker's certificate may come from, instead of those that Node brings. */
  readonly caFile?: string | undefined;
  /** PEM: a client's certificate and its key, where the broker asks for one. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** A user's JWT with its seed, as `nsc` writes it. */
  readonly credsFile?: string | undefined;
  /** The seed of a user's nkey. */
  readonly nkeyFile?: string | undefined;
}

/**
 * Options of a connection to one URL or several separated by commas: `nats://` or `tls://`, `user:password@` or `token@` before
 * the first host. With `tls://` or a file for TLS the connection is refused when the broker has none. Throws when a file can't be
 * read.
 */
export function loginOptions(natsUrl: string, login: BrokerLogin = {}): ConnectionOptions {
  const urls = natsUrl.split(",").map((text) => text.trim());
  const [, credentials] = /^(?:\w+:\/\/)?(?:([^@/]*)@)?/.exec(urls[0] ?? "") ?? [];
  const { caFile, certFile, keyFile, credsFile, nkeyFile } = login;
  const isSecure = urls.some((url) => url.startsWith("tls://")) || Boolean(caFile ?? certFile);
  const authenticator = credsFile ? fromCreds(credsFile) : nkeyFile ? fromNkey(nkeyFile) : undefined;
  return {
    servers: urls.map((url) => url.replace(/^(\w+:\/\/)?[^@/]*@/, "$1")),
    ...(isSecure && {
      tls: { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) },
    }),
    ...(authenticator ? { authenticator } : userOf(credentials)),
  };
}

function userOf(credentials: string | undefined): ConnectionOptions {
  if (!credentials) return {};
  const [user = "", pass] = credentials.split(/:(.*)/s).map(decodeURIComponent);
  return pass === undefined ? { token: user } : { user, pass };
}

function fromCreds(file: string): Authenticator {
  readFileSync(file);
  return (nonce) => credsAuthenticator(readFileSync(file))(nonce);
}

function fromNkey(file: string): Authenticator {
  const seed = () => Buffer.from(readFileSync(file, "utf8").trim());
  seed();
  return (nonce) => nkeyAuthenticator(seed())(nonce);
}
