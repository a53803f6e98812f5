import type { DatabaseUrls } from "../servers/service-database.ts";
import type { ServiceEntry } from "./service-table.ts";

/** What a service process finds in its environment. Addresses are on 127.0.0.1. */
export interface ServiceEnv {
  readonly HOST: string;
  readonly PORT: string;
  /** Prometheus metrics. */
  readonly METRICS_PORT: string;
  /** Role `mm_<service>_app`. */
  readonly DATABASE_URL: string;
  /** Role `mm_<service>_background`. */
  readonly DATABASE_BACKGROUND_URL: string;
  /** Role `mm_<service>_owner`. */
  readonly DATABASE_MIGRATOR_URL: string;
  /** Connections of each pool. */
  readonly DATABASE_POOL_MAX: string;
  readonly DATABASE_BACKGROUND_POOL_MAX: string;
  /** Of a job queue, where the service has one. */
  readonly DATABASE_JOBS_POOL_MAX?: string;
  readonly NATS_URL: string;
  /** The service's API key, exchanged at identity for short tokens. */
  readonly SERVICE_KEY: string;
  readonly LOG_LEVEL: string;
  /** Where it writes its spans when no collector is named. */
  readonly MARKETMESH_TRACE_DIR: string;
  /** Stdin is the supervisor's pipe: exit when it closes. */
  readonly MARKETMESH_SUPERVISED: "1";
  /** Identity only: a JSON file (mode 0600), see `BootstrapPrincipal`. */
  readonly IDENTITY_BOOTSTRAP_FILE?: string;
  /** Identity only: 32 bytes in hex that wrap keys at rest. */
  readonly IDENTITY_MASTER_KEY?: string;
  /** Identity only: the list of erased parties, outside of its database. */
  readonly IDENTITY_ERASURE_LIST?: string;
  /** Where to call each service: the addresses of all its processes, separated by commas. */
  readonly [meshUrl: `MESH_${string}_URL`]: string;
}

/** An entry of IDENTITY_BOOTSTRAP_FILE: a principal that exists from the first start. */
export interface BootstrapPrincipal {
  /** For example `serviceAccounts/operator`. */
  readonly principal: string;
  /** SHA-256 of its API key, in hex. */
  readonly keySha256: string;
  readonly roles: readonly ("operator" | "service")[];
}

/** Addresses of a process. */
export interface Ports {
  readonly port: number;
  readonly metricsPort: number;
}

/** What the environment of one process of a service is made of. */
export interface ServiceSetting {
  readonly service: ServiceEntry;
  readonly own: Ports;
  /** The addresses of every service, by its name. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly database: DatabaseUrls;
  readonly natsUrl: string;
  readonly serviceKey: string;
  readonly logLevel: string;
  readonly traceDir: string;
  readonly identity?:
    | { readonly bootstrapFile: string; readonly masterKey: string; readonly erasureListFile: string }
    | undefined;
}

/** Builds the environment of one process of a service. */
export function serviceEnv(setting: ServiceSetting): ServiceEnv {
  const { service, own, endpoints, database, identity } = setting;
  const mesh = Object.entries(endpoints).map(([name, urls]) => [meshKey(name), urls] as const);
  return {
    ...Object.fromEntries(mesh),
    HOST: "127.0.0.1",
    PORT: String(own.port),
    METRICS_PORT: String(own.metricsPort),
    DATABASE_URL: database.appUrl,
    DATABASE_BACKGROUND_URL: database.backgroundUrl,
    DATABASE_MIGRATOR_URL: database.migratorUrl,
    DATABASE_POOL_MAX: String(service.appPoolMax),
    DATABASE_BACKGROUND_POOL_MAX: String(service.backgroundPoolMax),
    ...(service.jobsPoolMax !== undefined && { DATABASE_JOBS_POOL_MAX: String(service.jobsPoolMax) }),
    NATS_URL: setting.natsUrl,
    SERVICE_KEY: setting.serviceKey,
    LOG_LEVEL: setting.logLevel,
    MARKETMESH_TRACE_DIR: setting.traceDir,
    MARKETMESH_SUPERVISED: "1",
    ...(identity && {
      IDENTITY_BOOTSTRAP_FILE: identity.bootstrapFile,
      IDENTITY_MASTER_KEY: identity.masterKey,
      IDENTITY_ERASURE_LIST: `file:${identity.erasureListFile}`,
    }),
  };
}

function meshKey(name: string): `MESH_${string}_URL` {
  return `MESH_${name.toUpperCase().replaceAll("-", "_")}_URL`;
}
