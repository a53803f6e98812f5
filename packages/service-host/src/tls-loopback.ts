import { connect } from "node:tls";
import { type ClientTlsSource, contextOf, type TlsDialer } from "@marketmesh/rpc";

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
