import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Health } from "@marketmesh/contracts/grpc/health/v1";
import { ServerReflection } from "@marketmesh/contracts/grpc/reflection/v1";
import { ServerReflection as ServerReflectionAlpha } from "@marketmesh/contracts/grpc/reflection/v1alpha";
import { describe, type NodeListener, pause, type StreamListener } from "@marketmesh/rpc";
import { contentTypeOf, createLogger, followContext, textFormatFor } from "@marketmesh/telemetry";
import { bindPatiently } from "./bind-patiently.ts";
import { type BoundHost, createHost, readHostConfig } from "./bound-host.ts";
import { corsFilter } from "./cors.ts";
import { healthService } from "./health.ts";
import type { Bind, Env, HttpHandler, RunningService } from "./host.ts";
import { httpRoutes, livez, readyz } from "./http-routes.ts";
import { jwksPath, meshUrl } from "./keys.ts";
import { type MetricsPort, openMetricsPort } from "./metrics-port.ts";
import { measureProcess } from "./process-metrics.ts";
import { profilingRoutes } from "./profiling.ts";
import { reflectionServices } from "./reflection.ts";
import { listen, type SharedPort } from "./shared-port.ts";
import { openTlsFiles, type TlsFiles } from "./tls-files.ts";

/** The readiness check that fails until the service is bound. */
const startCheck = "start";

/** What all has to be closed, in the end. */
interface Opened {
  readonly port: SharedPort;
  readonly metricsPort: MetricsPort;
  readonly processMetrics: Disposable;
  readonly tls: TlsFiles;
}

/**
 * Listens, binds the service, and starts its loops. Until it is bound it is alive, not ready, and answers calls with
 * 503. What was opened is closed again when a step fails.
 */
export async function launch(
  name: string,
  bind: Bind,
  env: Env,
  write: (line: string) => void,
): Promise<RunningService> {
  followContext();
  const tls = openOwnTls(name, env, write);
  const first = createHost(name, env, write, tls);
  const { host, port, metricsPort } = first.config;
  const doors: Doors = { rpc: unbound, metrics: unbound, direct: () => false };
  const opened: Partial<Opened> = { tls };
  let url = "";
  let bound: BoundHost = first;
  try {
    const rpcPort = await listen({
      host,
      port,
      listener: (request, response) => doors.rpc(request, response),
      direct: (stream, headers) => doors.direct(stream, headers),
      tls: tls.port,
    });
    Object.assign(opened, { port: rpcPort });
    url = urlOf(host, rpcPort.port, tls.port ? "https" : "http");
    const listener: NodeListener = (request, response) => doors.metrics(request, response);
    Object.assign(opened, { metricsPort: await openMetricsPort(host, metricsPort, listener) });
    const attempts = {
      next() {
        // The first host has read the configuration already.
        bound = bound.url === undefined ? bound : createHost(name, env, write, tls);
        bound.url = url;
        openDoors(doors, bound);
        return bound;
      },
      discard: (one: BoundHost) => discard(one),
    };
    bound = await bindPatiently(bind, attempts, Math.random);
    finishStart(bound, doors, opened);
    return running(bound, opened as Opened);
  } catch (cause) {
    await dispose(bound, opened).catch(() => {});
    throw cause;
  }
}

/** Who answers on the two ports now. */
interface Doors {
  rpc: NodeListener;
  metrics: NodeListener;
  direct: StreamListener;
}

/** Only health and reflection, and a check that fails: bind has yet to say what there is. */
function openDoors(doors: Doors, bound: BoundHost): void {
  addPlatform(bound);
  bound.readiness.add(startCheck, () => doors.rpc !== starting);
  const plain = new Map([
    ["/livez", livez],
    ["/readyz", readyz(bound.readiness)],
  ]);
  const starting = bound.rpc.listener(httpRoutes(plain, bound.telemetry, unbound));
  doors.rpc = starting;
  doors.metrics = metricsListener(bound);
}

function finishStart(bound: BoundHost, doors: Doors, opened: Partial<Opened>): void {
  const { telemetry, rpc, readiness, routes, host, url } = bound;
  if (servedBy(bound).length > 0 && !routes.has(jwksPath)) meshUrl(host.env, "identity");
  Object.assign(opened, { processMetrics: measureProcess(telemetry.metrics, rpc) });
  doors.rpc = listenerOf(bound);
  doors.direct = rpc.direct;
  bound.loops.start();
  telemetry.log.info("listening", {
    url,
    metricsPort: opened.metricsPort?.port,
    failing: readiness.failing(),
  });
}

/** 503 is UNAVAILABLE to clients of gRPC and Connect: they try again. */
const unbound: NodeListener = (_, response) => {
  response.writeHead(503, { "retry-after": "1" });
  response.end();
};

/** Ends an attempt to bind; those who watch its health watch the next one's. */
async function discard(bound: BoundHost): Promise<void> {
  bound.shutdown.abort(drainingError(bound.host.name));
  await close(bound);
}

function running(bound: BoundHost, opened: Opened): RunningService {
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= drain(bound, opened);
    return closing;
  };
  return {
    name: bound.host.name,
    url: bound.url ?? "",
    metricsUrl: urlOf(bound.config.host, opened.metricsPort.port),
    host: bound.host,
    async untilReady(signal) {
      while (bound.readiness.failing().length > 0) await pause(10, signal);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Unready; no new connections and calls; loops end; calls finish or are ended; then all that was opened is closed. */
async function drain(bound: BoundHost, opened: Opened): Promise<void> {
  const { telemetry, config, readiness, loops, shutdown } = bound;
  readiness.stop();
  telemetry.log.info("draining", { calls: bound.rpc.load.calls, streams: bound.rpc.load.streams });
  const connectionsGone = opened.port.drain();
  const loopsEnded = loops.stop();
  const impatient = setTimeout(() => {
    telemetry.log.warn("ending calls in flight", {
      calls: bound.rpc.load.calls,
      streams: bound.rpc.load.streams,
    });
    shutdown.abort(drainingError(bound.host.name));
  }, config.drainMs);
  // Connections that are still there a second after their calls were ended are not worth waiting for.
  const cut = setTimeout(() => opened.port.destroy(), config.drainMs + 1_000);
  await connectionsGone;
  clearTimeout(impatient);
  clearTimeout(cut);
  await loopsEnded;
  await dispose(bound, opened);
  telemetry.log.info("stopped");
}

async function dispose(bound: BoundHost, opened: Partial<Opened>): Promise<void> {
  opened.port?.destroy();
  await close(bound);
  opened.processMetrics?.[Symbol.dispose]();
  opened.tls?.[Symbol.dispose]();
  await opened.metricsPort?.close();
}

async function close(bound: BoundHost): Promise<void> {
  bound.ended.abort();
  await bound.loops.stop();
  for (const close of bound.closers.splice(0).reverse()) {
    await close().catch((cause) => bound.telemetry.log.error("closing failed", { cause }));
  }
  bound.mesh.close();
  bound.rpc.admission.close();
}

function drainingError(service: string): ConnectError {
  const error = new ConnectError("the server is about to stop", Code.Unavailable);
  describe(error, "DRAINING", { domain: `${service}.marketmesh`, retryAfterMs: 100 });
  return error;
}

/** Health and reflection: open to all, and not named by health itself. */
function addPlatform(bound: BoundHost): void {
  const { rpc, readiness, host } = bound;
  const names = () => servedBy(bound).map(({ typeName }) => typeName);
  rpc.addOpen(Health, healthService(`${host.name}.marketmesh`, readiness, names));
  const reflection = reflectionServices(() => rpc.services);
  rpc.addOpen(ServerReflection, reflection.v1);
  rpc.addOpen(ServerReflectionAlpha, reflection.v1alpha);
}

const platform = new Set<DescService>([Health, ServerReflection, ServerReflectionAlpha]);

function servedBy({ rpc }: BoundHost): DescService[] {
  return rpc.services.filter((service) => !platform.has(service));
}

function listenerOf(bound: BoundHost): NodeListener {
  const { rpc, readiness, routes, telemetry, config } = bound;
  const plain = new Map<string, HttpHandler>([["/livez", livez], ["/readyz", readyz(readiness)], ...routes]);
  const listener = rpc.listener(httpRoutes(plain, telemetry));
  if (config.corsOrigins.length === 0) return listener;
  const answered = corsFilter(config.corsOrigins);
  return (request, response) => {
    if (!answered(request, response)) listener(request, response);
  };
}

function metricsListener({ telemetry, readiness, config }: BoundHost): NodeListener {
  const metrics: HttpHandler = (request, response) => {
    const format = textFormatFor(request.headers.accept);
    response.writeHead(200, { "content-type": contentTypeOf[format] });
    response.end(telemetry.metrics.text(format));
  };
  const routes = new Map([
    ["/metrics", metrics],
    ["/livez", livez],
    ["/readyz", readyz(readiness)],
    ...(config.profiling ? profilingRoutes() : []),
  ]);
  return httpRoutes(routes, telemetry);
}

function openOwnTls(service: string, env: Env, write: (line: string) => void): TlsFiles {
  const level = readHostConfig(env).logLevel;
  return openTlsFiles(env, createLogger({ service, level, write, now: () => new Date() }));
}

function urlOf(host: string, port: number, scheme: "http" | "https" = "http"): string {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `${scheme}://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
