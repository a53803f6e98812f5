import { accessSync, constants } from "node:fs";
import { ConfigError, type ConfigSpec, optionalText, readConfig } from "./config.ts";
import type { Env } from "./host.ts";

/** How a service enters the broker; tls:// and user:password@ in NATS_URL need none of these. */
export const brokerSettings = {
  caFile: optionalText({
    env: "NATS_CA_FILE",
    doc: "A PEM file: the authorities that the broker is trusted by; TLS is then required. tls:// in NATS_URL alone: those that Node brings.",
  }),
  certFile: optionalText({
    env: "NATS_CERT_FILE",
    doc: "A PEM file: the client's certificate, where the broker asks for one.",
  }),
  keyFile: optionalText({ env: "NATS_KEY_FILE", doc: "A PEM file: the private key of NATS_CERT_FILE." }),
  credsFile: optionalText({
    env: "NATS_CREDS_FILE",
    doc: "A user's JWT and seed, as nsc writes them; read for each connection.",
  }),
  nkeyFile: optionalText({
    env: "NATS_NKEY_FILE",
    doc: "The seed of a user's nkey; read for each connection.",
  }),
} as const satisfies ConfigSpec<object>;

/** Reads them; throws a ConfigError for a file that can't be read. */
export function readBrokerLogin(env: Env) {
  const login = readConfig(brokerSettings, env);
  for (const [name, setting] of Object.entries(brokerSettings)) {
    const file = login[name as keyof typeof login];
    if (file === undefined) continue;
    try {
      accessSync(file, constants.R_OK);
    } catch {
      throw new ConfigError(`${setting.env}=${file}: can't be read`);
    }
  }
  if ((login.certFile === undefined) !== (login.keyFile === undefined))
    throw new ConfigError("NATS_CERT_FILE and NATS_KEY_FILE are set together or not at all");
  return login;
}
