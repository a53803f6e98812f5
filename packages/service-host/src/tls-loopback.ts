import { connect } from "node:tls";
import { type ClientTlsSource, contextOf, type TlsDialer } from "@marketmesh/rpc";
import { readConfig } from "./config.ts";
import type { Env } from "./host.ts";
import { readTlsTexts } from "./tls-material.ts";
import { tlsSettings } from "./tls-settings.ts";

/**
 * Connects to this very machine's own port, with our own certificate where one is asked for. Which certificate answers is not
 * verified: it need not name a loopback address, an expired one must not look like a process that is dead, and nobody who
 * stands between a process and itself could be kept out by it. Never for another host.
 */
export function loopbackDialer(tls: ClientTlsSource): TlsDialer {
  return {
    dial: ({ host, port }, protocols) =>
      connect({
        host,
        port,
        secureContext: contextOf(tls()),
        ALPNProtocols: [...protocols],
        rejectUnauthorized: false,
      }),
  };
}

/**
 * Options for a request of `node:http` to the service of this environment on this machine: over TLS where it speaks that. Reads
 * its files; throws a ConfigError when they can't be read.
 */
export function loopbackRequest(env: Env, host: string, port: number) {
  const paths = readConfig(tlsSettings, env);
  if (paths.certFile === undefined) return { host, port };
  const { certFile: cert, keyFile: key } = readTlsTexts(paths);
  const dialer = loopbackDialer(() => ({ cert, key }));
  return { host, port, createConnection: () => dialer.dial({ host, port, hostname: host }, ["http/1.1"]) };
}
