import { Code, ConnectError } from "@connectrpc/connect";
import { Health } from "@marketmesh/contracts/grpc/health/v1";
import { ServerReflection } from "@marketmesh/contracts/grpc/reflection/v1";
import { ServerReflection as ServerReflectionAlpha } from "@marketmesh/contracts/grpc/reflection/v1alpha";
import { describe, type NodeListener, pause } from "@marketmesh/rpc";
import { contentTypeOf, followContext, textFormatFor } from "@marketmesh/telemetry";
import { type BoundHost, createHost } from "./bound-host.ts";
import { corsFilter } from "./cors.ts";
import { healthService } from "./health.ts";
import type { Bind, Env, HttpHandler, RunningService } from "./host.ts";
import { httpRoutes, livez, readyz } from "./http-routes.ts";
import { jwksPath, meshUrl } from "./keys.ts";
import { type MetricsPort, openMetricsPort } from "./metrics-port.ts";
import { measureProcess } from "./process-metrics.ts";
import { reflectionServices } from "./reflection.ts";
import { listen, type SharedPort } from "./shared-port.ts";

/** What all has to be closed, in the end. */
interface Opened {
  readonly port: SharedPort;
  readonly metricsPort: MetricsPort;
  readonly processMetrics: Disposable;
}

/** Binds a service, listens, and starts its loops. What was opened is closed again when a step fails. */
export async function launch(
  name: string,
  bind: Bind,
  env: Env,
  write: (line: string) => void,
): Promise<RunningService> {
  followContext();
  const bound = createHost(name, env, write);
  const opened: Partial<Opened> = {};
  try {
    await bind(bound.host);
    const { config, telemetry, rpc, readiness, routes } = bound;
    if (rpc.services.length > 0 && !routes.has(jwksPath)) meshUrl(env, "identity");
    const port = await listen({ host: config.host, port: config.port, listener: listenerOf(bound) });
    Object.assign(opened, { port });
    bound.url = urlOf(config.host, port.port);
    const metricsPort = await openMetricsPort(config.host, config.metricsPort, metricsListener(bound));
    Object.assign(opened, { metricsPort, processMetrics: measureProcess(telemetry.metrics, rpc) });
    bound.loops.start();
    telemetry.log.info("listening", {
      url: bound.url,
      metricsPort: metricsPort.port,
      failing: readiness.failing(),
    });
    return running(bound, opened as Opened);
  } catch (cause) {
    await dispose(bound, opened).catch(() => {});
    throw cause;
  }
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
  bound.ended.abort();
  opened.port?.destroy();
  await bound.loops.stop();
  for (const close of bound.closers.splice(0).reverse()) {
    await close().catch((cause) => bound.telemetry.log.error("closing failed", { cause }));
  }
  bound.mesh.close();
  bound.rpc.admission.close();
  opened.processMetrics?.[Symbol.dispose]();
  await opened.metricsPort?.close();
}

function drainingError(service: string): ConnectError {
  const error = new ConnectError("the server is about to stop", Code.Unavailable);
  describe(error, "DRAINING", { domain: `${service}.marketmesh`, retryAfterMs: 100 });
  return error;
}

function listenerOf(bound: BoundHost): NodeListener {
  const { rpc, readiness, routes, telemetry, config } = bound;
  // Deployed services only: health and reflection are not named by health itself.
  const served = rpc.services.map(({ typeName }) => typeName);
  rpc.addOpen(
    Health,
    healthService(`${bound.host.name}.marketmesh`, readiness, () => served),
  );
  const reflection = reflectionServices(() => rpc.services);
  rpc.addOpen(ServerReflection, reflection.v1);
  rpc.addOpen(ServerReflectionAlpha, reflection.v1alpha);
  const plain = new Map<string, HttpHandler>([["/livez", livez], ["/readyz", readyz(readiness)], ...routes]);
  const listener = rpc.listener(httpRoutes(plain, telemetry.log));
  if (config.corsOrigins.length === 0) return listener;
  const answered = corsFilter(config.corsOrigins);
  return (request, response) => {
    if (!answered(request, response)) listener(request, response);
  };
}

function metricsListener({ telemetry, readiness }: BoundHost): NodeListener {
  const metrics: HttpHandler = (request, response) => {
    const format = textFormatFor(request.headers.accept);
    response.writeHead(200, { "content-type": contentTypeOf[format] });
    response.end(telemetry.metrics.text(format));
  };
  const routes = new Map([
    ["/metrics", metrics],
    ["/livez", livez],
    ["/readyz", readyz(readiness)],
  ]);
  return httpRoutes(routes, telemetry.log);
}

function urlOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
