import type { Server, Socket } from "node:net";
import { createServer, type SecureContextOptions, type TLSSocket } from "node:tls";

/** What a port that speaks TLS needs. */
export interface PortTls {
  /** Certificate, key and authorities as they are now. */
  options(): SecureContextOptions;
  /** Told when `options` are others; open connections stay as they are. */
  onChange(tell: () => void): void;
  readonly requireClientCertificate: boolean;
  onRefused(reason: RefusedHandshake): void;
}

/** Why a handshake ended. */
export type RefusedHandshake =
  | "no_certificate"
  | "untrusted_certificate"
  | "expired_certificate"
  | "plaintext"
  | "refused_by_client"
  | "other";

/** What becomes of a connection. */
export interface TlsConnections {
  /** It is there and has said nothing yet. */
  onSocket(socket: Socket): void;
  /** Its handshake is done; `isHttp2` is what ALPN settled. */
  onSecure(socket: TLSSocket, isHttp2: boolean): void;
}

const handshakeTimeoutMs = 10_000;

/** A server that speaks TLS 1.2 or newer alone, and offers HTTP/2 before HTTP/1.1. */
export function createTlsServer(tls: PortTls, { onSocket, onSecure }: TlsConnections): Server {
  const server = createServer(
    {
      ...tls.options(),
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: tls.requireClientCertificate,
      rejectUnauthorized: true,
      noDelay: true,
    },
    (socket) => onSecure(socket, socket.alpnProtocol === "h2"),
  );
  tls.onChange(() => server.setSecureContext(tls.options()));
  server.on("connection", onSocket);
  server.on("tlsClientError", (cause, socket) => tls.onRefused(refusedHandshake(cause, socket)));
  return server;
}

// Node looks at a client's certificate itself once the handshake is done, and hangs up without a word.
function refusedHandshake(cause: Error, { authorizationError }: TLSSocket): RefusedHandshake {
  const verdict = authorizationError ? String(authorizationError) : "";
  if (verdict === "CERT_HAS_EXPIRED") return "expired_certificate";
  if (verdict !== "") return "untrusted_certificate";
  const code = "code" in cause ? String(cause.code) : "";
  if (code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") return "no_certificate";
  if (/^ERR_SSL_HTTP(S_PROXY)?_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code))
    return "plaintext";
  return /ALERT|ECONNRESET/.test(code) ? "refused_by_client" : "other";
}
