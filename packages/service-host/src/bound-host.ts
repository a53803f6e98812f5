import { registry } from "@marketmesh/contracts/registry";
import {
  type ClientTlsSource,
  channel,
  createMesh,
  createRpcServer,
  currentCall,
  defaultLimits,
  identityTokens,
  type Mesh,
  type RpcServer,
  type TokenSource,
} from "@marketmesh/rpc";
import { createLogger, createMetrics, createTelemetry, type Telemetry } from "@marketmesh/telemetry";
import { type Background, background } from "./background.ts";
import { ConfigError, readConfig } from "./config.ts";
import { openServiceDatabase } from "./database.ts";
import { faultPoints, withFaultPoints } from "./fault-points.ts";
import type { Env, Host, HttpHandler } from "./host.ts";
import { databaseSettings, hostSettings } from "./host-settings.ts";
import { identityKeys, jwksPath, meshUrl } from "./keys.ts";
import { type Readiness, readiness } from "./readiness.ts";
import { recentReads } from "./recent-reads.ts";
import { openServiceEvents } from "./service-events.ts";
import type { TlsFiles } from "./tls-files.ts";
import { uuidv7 } from "./uuid.ts";

export type HostConfig = ReturnType<typeof readHostConfig>;

/** A host and what the lifecycle needs of it. */
export interface BoundHost {
  readonly host: Host;
  readonly config: HostConfig;
  readonly telemetry: Telemetry;
  readonly rpc: RpcServer;
  readonly mesh: Mesh;
  readonly loops: Background;
  readonly readiness: Readiness;
  readonly routes: Map<string, HttpHandler>;
  readonly closers: (() => Promise<void>)[];
  /** Ends calls that are still in flight. */
  readonly shutdown: AbortController;
  /** Aborts `host.signal`. */
  readonly ended: AbortController;
  /** Where the service listens, once it does. */
  url: string | undefined;
}

export function readHostConfig(env: Env) {
  return readConfig(hostSettings, env);
}

/** Everything that a bind function may ask for; nothing listens or runs yet. */
export function createHost(name: string, env: Env, write: (line: string) => void, tls: TlsFiles): BoundHost {
  const config = readHostConfig(env);
  const metrics = createMetrics();
  tls.measure(metrics);
  const now = () => new Date();
  const log = createLogger({ service: name, level: config.logLevel, write, now, callFields });
  const telemetry = createTelemetry(name, log, metrics);
  const shutdown = new AbortController();
  const ended = new AbortController();
  const routes = new Map<string, HttpHandler>();
  const ownUrl = () => (routes.has(jwksPath) ? bound.url : undefined);
  const rpc = createRpcServer({
    service: name,
    keys: identityKeys(env, Date.now, ownUrl, tls.client),
    telemetry,
    limits: { ...defaultLimits, ...config },
    nowMs: Date.now,
    shutdown: shutdown.signal,
    registry,
  });
  const mesh = createMesh({
    telemetry,
    tokens: serviceTokens(env, config.serviceKey, tls.client),
    urlOf: (target) => meshUrl(env, target),
    nowMs: Date.now,
    random: Math.random,
    tls: tls.client,
  });
  const faultPoint = faultPoints(name, env);
  const loops = background(telemetry, Math.random);
  const checks = readiness();
  const closers: (() => Promise<void>)[] = [];
  const host: Host = {
    name,
    env,
    log,
    telemetry,
    signal: ended.signal,
    now,
    uuid: () => uuidv7(),
    config: (spec) => readConfig(spec, env),
    async database({ migrations }) {
      const database = await openServiceDatabase(name, migrations, env, metrics, rpc.admission.waited);
      closers.push(() => database.close());
      return database;
    },
    recentReads: () => recentReads({ telemetry, staleMaxMs: readConfig(databaseSettings, env).staleReadsMs }),
    async events(database) {
      const events = await openServiceEvents(host, database);
      closers.push(() => events.close());
      return events;
    },
    mesh: (service, options) => mesh.client(service, options?.target),
    serve: (service, methods) => rpc.add(service, withFaultPoints(service, methods, faultPoint)),
    faultPoint,
    http(path, handler) {
      if (routes.has(path)) throw new Error(`${path} is served already`);
      routes.set(path, handler);
    },
    ready: (check, passes) => checks.add(check, passes),
    background: (loop, work) => loops.add(loop, work),
    onClose: (fn) => {
      closers.push(fn);
    },
  };
  const bound: BoundHost = {
    host,
    config,
    telemetry,
    rpc,
    mesh,
    loops,
    readiness: checks,
    routes,
    closers,
    shutdown,
    ended,
    url: undefined,
  };
  return bound;
}

function callFields() {
  const call = currentCall();
  return call && { requestId: call.requestId, method: call.method };
}

// Identity is asked at the first call to another service: it may start later than this one.
function serviceTokens(env: Env, apiKey: string | undefined, tls: ClientTlsSource): TokenSource {
  let tokens: TokenSource | undefined;
  return {
    token(audience) {
      if (apiKey === undefined) throw new ConfigError("SERVICE_KEY is required to call other services");
      tokens ??= identityTokens({
        apiKey,
        nowMs: Date.now,
        transport: channel({
          target: meshUrl(env, "identity"),
          attach: () => {},
          nowMs: Date.now,
          random: Math.random,
          tls,
        }),
      });
      return tokens.token(audience);
    },
  };
}
