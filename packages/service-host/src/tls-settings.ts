import { type ConfigSpec, integer, optionalText } from "./config.ts";

/** What every service reads about TLS of its own; without any of these keys it speaks plain HTTP and leaves TLS to the mesh. */
export const tlsSettings = {
  certFile: optionalText({
    env: "TLS_CERT_FILE",
    doc: "A PEM file: this service's certificate and its chain. With it the RPC port speaks TLS alone; calls to https URLs show it too.",
  }),
  keyFile: optionalText({
    env: "TLS_KEY_FILE",
    doc: "A PEM file: the private key of TLS_CERT_FILE.",
  }),
  clientCaFile: optionalText({
    env: "TLS_CLIENT_CA_FILE",
    doc: "A PEM file: the authorities of client certificates. With it a connection without such a certificate is refused (mTLS).",
  }),
  caFile: optionalText({
    env: "TLS_CA_FILE",
    doc: "A PEM file: the authorities that https URLs of other services are trusted by. Absent: those that Node brings.",
  }),
  reloadMs: integer({
    env: "TLS_RELOAD_MS",
    unit: "ms",
    fallback: 10_000,
    min: 10,
    doc: "How often these files are looked at. New ones serve new connections; open ones stay.",
  }),
} as const satisfies ConfigSpec<object>;
