import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { expand, type Resolve, resolveBySystem } from "./addresses.ts";

/** One address of a target and the one HTTP/2 session to it. */
export interface Endpoint {
  readonly url: string;
  readonly transport: Transport;
  inFlight: number;
  /** Until then it is used only when no other is left. */
  avoidUntilMs: number;
  retired: boolean;
  readonly close: () => void;
}

export interface PoolOptions {
  /** One or several URLs separated by commas. */
  readonly target: string;
  readonly nowMs: () => number;
  readonly resolve?: Resolve;
  /** How often the target is resolved again. */
  readonly refreshMs?: number;
}

/** The addresses of a target; a call picks one, and gives it back. */
export interface Pool {
  pick(): Promise<Endpoint>;
  /** Gives the endpoint back; `failed` says that it could not be reached. */
  release(endpoint: Endpoint, failed: boolean): void;
  close(): void;
}

const avoidMs = 1_000;
const failureRefreshMs = 1_000;
const responseBytesMax = 256 * 1024 * 1024;

export function pool(options: PoolOptions): Pool {
  const { target, nowMs, resolve = resolveBySystem, refreshMs = 15_000 } = options;
  let endpoints: Endpoint[] = [];
  let resolvedAtMs = Number.NEGATIVE_INFINITY;
  let resolving: Promise<void> | undefined;
  let turn = 0;

  function refresh(): Promise<void> {
    resolvedAtMs = nowMs();
    resolving ??= expand(target, resolve)
      .then((urls) => {
        const gone = endpoints.filter(({ url }) => !urls.includes(url));
        endpoints = urls.map((url) => endpoints.find((known) => known.url === url) ?? endpointOf(url));
        for (const endpoint of gone) retire(endpoint);
      })
      .finally(() => {
        resolving = undefined;
      });
    return resolving;
  }

  return {
    async pick() {
      if (endpoints.length === 0) await refresh().catch(unresolved);
      else if (nowMs() - resolvedAtMs > refreshMs) refresh().catch(() => {});
      turn += 1;
      const endpoint = leastBusy(endpoints, turn, nowMs());
      endpoint.inFlight += 1;
      return endpoint;
    },
    release(endpoint, failed) {
      endpoint.inFlight -= 1;
      if (endpoint.retired && endpoint.inFlight === 0) endpoint.close();
      if (!failed) {
        endpoint.avoidUntilMs = 0;
        return;
      }
      endpoint.avoidUntilMs = nowMs() + avoidMs;
      if (nowMs() - resolvedAtMs > failureRefreshMs) refresh().catch(() => {});
    },
    close() {
      for (const endpoint of endpoints) endpoint.close();
      endpoints = [];
    },
  };
}

/** The one with the fewest calls; ties go round, so that idle addresses share the load too. */
function leastBusy(endpoints: readonly Endpoint[], turn: number, nowMs: number): Endpoint {
  let best: Endpoint | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let at = 0; at < endpoints.length; at += 1) {
    const endpoint = endpoints[(at + turn) % endpoints.length] as Endpoint;
    const cost = endpoint.inFlight + (endpoint.avoidUntilMs > nowMs ? 1_000_000 : 0);
    if (cost >= bestCost) continue;
    best = endpoint;
    bestCost = cost;
  }
  if (!best) throw new ConnectError("the target has no address", Code.Unavailable);
  return best;
}

function endpointOf(url: string): Endpoint {
  const sessionManager = new Http2SessionManager(
    url,
    { pingIntervalMs: 20_000, pingTimeoutMs: 5_000, idleConnectionTimeoutMs: 300_000 },
    { settings: { initialWindowSize: 1024 * 1024 } },
  );
  const transport = createConnectTransport({
    httpVersion: "2",
    baseUrl: url,
    sessionManager,
    readMaxBytes: responseBytesMax,
    // Inside a data centre compressing costs more than it saves.
    acceptCompression: [],
  });
  return {
    url,
    transport,
    inFlight: 0,
    avoidUntilMs: 0,
    retired: false,
    close: () => sessionManager.abort(),
  };
}

function retire(endpoint: Endpoint): void {
  endpoint.retired = true;
  if (endpoint.inFlight === 0) endpoint.close();
}

function unresolved(cause: unknown): never {
  throw new ConnectError("the target cannot be resolved", Code.Unavailable, undefined, undefined, cause);
}
