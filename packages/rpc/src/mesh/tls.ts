import { isIP } from "node:net";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { ConnectError } from "@connectrpc/connect";

/** What a connection to an https URL is made with; all PEM. */
export interface ClientTls {
  /** The authorities that a server's certificate may come from, instead of those that Node brings. */
  readonly ca?: string | undefined;
  /** The client's certificate with its chain, for servers that ask for one. */
  readonly cert?: string | undefined;
  /** Its private key. */
  readonly key?: string | undefined;
}

/** Asked for each new connection, so that certificates may change while calls go on. The same object means: nothing changed. */
export type ClientTlsSource = () => ClientTls;

/** Where a TLS connection leads and which name the certificate there must bear. */
export interface TlsTarget {
  /** The address or name that is connected to. */
  readonly host: string;
  readonly port: number;
  /** The host of the URL: the certificate is verified against it, whatever address was connected to. */
  readonly hostname: string;
}

/** Opens TLS connections. */
export interface TlsDialer {
  dial(target: TlsTarget, protocols: readonly string[]): TLSSocket;
}

/** TLS 1.2 or newer, the server verified against authorities and name. A context is made once for each set of files. */
export function tlsDialer(source: ClientTlsSource = () => noClientTls): TlsDialer {
  let from: ClientTls | undefined;
  let made: SecureContext | undefined;
  const secureContext = () => {
    const current = source();
    if (made === undefined || current !== from) made = contextOf(current);
    from = current;
    return made;
  };
  return {
    dial({ host, port, hostname }, protocols) {
      const bare = hostname.replace(/^\[|\]$/g, "");
      return connect({
        host,
        port,
        secureContext: secureContext(),
        ALPNProtocols: [...protocols],
        // An address cannot be sent as a name (RFC 6066, 3); it is then what the certificate is verified against.
        ...(isIP(bare) === 0 && { servername: bare }),
      });
    },
  };
}

/** TLS options for whatever else dials by itself, such as `node:https`. */
export function contextOf({ ca, cert, key }: ClientTls): SecureContext {
  return createSecureContext({
    minVersion: "TLSv1.2",
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
}

const noClientTls: ClientTls = {};

// What OpenSSL says of a certificate that it does not accept (X509_V_ERR_*, without the prefix).
const refusedCertificates = new Set([
  ...["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "CERT_REVOKED", "CERT_UNTRUSTED", "CERT_REJECTED"],
  ...["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_GET_ISSUER_CERT"],
  ...["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_SIGNATURE_FAILURE"],
  ...["CERT_CHAIN_TOO_LONG", "INVALID_CA", "INVALID_PURPOSE", "HOSTNAME_MISMATCH"],
]);

/**
 * What went wrong in a TLS handshake, in words for who operates the mesh; undefined when the error has another reason. With
 * TLS 1.3 a server refuses a client's certificate only after the client's handshake: that comes as an alert too.
 */
export function tlsFailure(cause: unknown): string | undefined {
  for (let at = cause, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (/^ERR_SSL_.*ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_)/.test(code))
      return `the server refuses this client's certificate (${reasonOf(code)})`;
    if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG")
      return "the server does not speak TLS on this port";
    if (refusedCertificates.has(code) || code === "ERR_TLS_CERT_ALTNAME_INVALID")
      return `the server's certificate is refused: ${at.message}`;
    if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return `TLS failed (${reasonOf(code)})`;
    if (at instanceof ConnectError && at.cause === undefined) return undefined;
  }
  return undefined;
}

function reasonOf(code: string): string {
  return code
    .replace(/^ERR_(SSL|TLS)_/, "")
    .toLowerCase()
    .replaceAll("_", " ");
}
