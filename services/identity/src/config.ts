import { type ConfigSpec, flag, integer, optionalText, text } from "@marketmesh/service-host";

export interface IdentityConfig {
  readonly masterKey: string;
  readonly bootstrapFile: string | undefined;
  readonly erasureList: ErasureListPlace;
  readonly erasureListFile: string | undefined;
  readonly jwksRefreshMs: number;
  readonly keyRotationHours: number;
  readonly httpIssuersAllowed: boolean;
  readonly failedExchangesPerSecond: number;
}

/** `file:PATH` or `stream`; undefined: there is no list. */
export type ErasureListPlace = "stream" | `file:${string}` | undefined;

export const identityConfig: ConfigSpec<IdentityConfig> = {
  masterKey: text({
    env: "IDENTITY_MASTER_KEY",
    doc: "Seals signing keys and party keys in the database: 64 hexadecimal characters. Losing it loses all personal data.",
    secret: true,
  }),
  bootstrapFile: optionalText({
    env: "IDENTITY_BOOTSTRAP_FILE",
    doc: "A JSON file of platform service accounts with the hashes of their keys, applied at each start.",
  }),
  erasureList: {
    env: "IDENTITY_ERASURE_LIST",
    doc: "Where the list of erased parties is kept, outside of the database and its backups; applied again at each start.",
    fallback: undefined,
    accepts: "`file:PATH`, for one machine, or `stream`, kept by the broker for ever",
    parse: (value) => (value === "stream" || /^file:./.test(value) ? (value as ErasureListPlace) : undefined),
  },
  erasureListFile: optionalText({
    env: "IDENTITY_ERASURE_LIST_FILE",
    doc: "What release 0.2 called `file:PATH`; read when IDENTITY_ERASURE_LIST is absent.",
  }),
  jwksRefreshMs: integer({
    env: "IDENTITY_JWKS_REFRESH_MS",
    doc: "How often verifiers refresh the JWKS; a new key is published twice as long before it signs.",
    unit: "ms",
    fallback: 300_000,
    min: 1_000,
    max: 3_600_000,
  }),
  keyRotationHours: integer({
    env: "IDENTITY_KEY_ROTATION_HOURS",
    doc: "How long a signing key signs.",
    unit: "hours",
    fallback: 720,
    min: 1,
    max: 8_760,
  }),
  httpIssuersAllowed: flag({
    env: "IDENTITY_HTTP_ISSUERS_ALLOWED",
    doc: "Whether OpenID providers may be reached without TLS; for tests.",
    fallback: false,
  }),
  failedExchangesPerSecond: integer({
    env: "IDENTITY_FAILED_EXCHANGES_PER_SECOND",
    doc: "How many token exchanges may fail, per process; beyond, only credentials that were good before are tried.",
    unit: "calls/s",
    fallback: 50,
    min: 1,
    max: 10_000,
  }),
};
