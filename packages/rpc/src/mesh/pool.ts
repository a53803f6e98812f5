import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, type Http2SessionManager } from "@connectrpc/connect-node";
import { type Address, expand, keyOf, type Resolve, resolveBySystem } from "./addresses.ts";
import { SteadySessions } from "./steady-sessions.ts";
import { type ClientTlsSource, type TlsDialer, tlsDialer } from "./tls.ts";
import { type CallOnce, unaryCalls } from "./unary.ts";

/** One address of a target and the one HTTP/2 session to it. */
export interface Endpoint {
  /** Tells it from others. */
  readonly key: string;
  /** Of streams. */
  readonly transport: Transport;
  readonly callOnce: CallOnce;
  inFlight: number;
  /** Until then it is used only when no other is left. */
  avoidUntilMs: number;
  retired: boolean;
  /** Whether a connection is open, or can be opened within a few seconds. */
  readonly reachable: () => boolean | Promise<boolean>;
  readonly close: () => void;
  /** What it may mean that the latest connection ended, while the server has said nothing on it; undefined when it has. */
  readonly unheard: () => string | undefined;
}

export interface PoolOptions {
  /** One or several URLs separated by commas. */
  readonly target: string;
  readonly nowMs: () => number;
  readonly resolve?: Resolve;
  /** What https URLs are called with; default: the authorities that Node brings, no certificate of our own. */
  readonly tls?: ClientTlsSource;
  /** How often the target is resolved again. */
  readonly refreshMs?: number;
}

/** The addresses of a target; a call picks one, and gives it back. */
export interface Pool {
  /**
   * The least busy address. One that cannot be connected to is passed over while others are left: nothing was sent yet, so
   * that is safe for every method.
   */
  pick(): Promise<Endpoint>;
  /** Gives the endpoint back; `failed` says that it could not be reached. */
  release(endpoint: Endpoint, failed: boolean): void;
  close(): void;
}

const avoidMs = 1_000;
const connectMs = 2_000;
const failureRefreshMs = 1_000;
const responseBytesMax = 256 * 1024 * 1024;

const silentTls = "the server hung up after the TLS handshake: it may refuse this client's certificate";
const silentPlain = "the server hung up without a word: it may speak TLS alone";

export function pool(options: PoolOptions): Pool {
  const { target, nowMs, resolve = resolveBySystem, refreshMs = 15_000 } = options;
  const dialer = tlsDialer(options.tls);
  let endpoints: Endpoint[] = [];
  let resolvedAtMs = Number.NEGATIVE_INFINITY;
  let resolving: Promise<void> | undefined;
  let turn = 0;

  function refresh(): Promise<void> {
    resolvedAtMs = nowMs();
    resolving ??= expand(target, resolve)
      .then((addresses) => {
        const keys = new Set(addresses.map(keyOf));
        const gone = endpoints.filter(({ key }) => !keys.has(key));
        const known = new Map(endpoints.map((endpoint) => [endpoint.key, endpoint]));
        endpoints = addresses.map((address) => known.get(keyOf(address)) ?? endpointOf(address, dialer));
        for (const endpoint of gone) retire(endpoint);
      })
      .finally(() => {
        resolving = undefined;
      });
    return resolving;
  }

  function release(endpoint: Endpoint, failed: boolean): void {
    endpoint.inFlight -= 1;
    if (endpoint.retired && endpoint.inFlight === 0) endpoint.close();
    if (!failed) {
      endpoint.avoidUntilMs = 0;
      return;
    }
    endpoint.avoidUntilMs = nowMs() + avoidMs;
    if (nowMs() - resolvedAtMs > failureRefreshMs) refresh().catch(() => {});
  }

  return {
    async pick() {
      if (endpoints.length === 0) await refresh().catch(unresolved);
      else if (nowMs() - resolvedAtMs > refreshMs) refresh().catch(() => {});
      for (let left = endpoints.length; ; left -= 1) {
        turn += 1;
        const endpoint = leastBusy(endpoints, turn, nowMs());
        endpoint.inFlight += 1;
        // The last resort is tried as it is: its failure is the answer.
        if (left <= 1 || (await endpoint.reachable())) return endpoint;
        release(endpoint, true);
      }
    },
    release,
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

function endpointOf(address: Address, dialer: TlsDialer): Endpoint {
  const { url } = address;
  const sessionManager = new SteadySessions(
    url,
    { pingIntervalMs: 20_000, pingTimeoutMs: 5_000, idleConnectionTimeoutMs: 300_000 },
    { settings: { initialWindowSize: 1024 * 1024 }, ...dialling(address, dialer) },
  );
  const transport = createConnectTransport({
    httpVersion: "2",
    baseUrl: url,
    sessionManager,
    readMaxBytes: responseBytesMax,
    // Inside a data centre compressing costs more than it saves.
    acceptCompression: [],
  });
  const reachable = () => {
    const state = sessionManager.state();
    return state === "open" || state === "idle" || connects(sessionManager);
  };
  const close = () => sessionManager.abort();
  const unheard = () =>
    sessionManager.heard ? undefined : url.startsWith("https:") ? silentTls : silentPlain;
  return {
    key: keyOf(address),
    transport,
    callOnce: unaryCalls(sessionManager, responseBytesMax),
    inFlight: 0,
    avoidUntilMs: 0,
    retired: false,
    reachable,
    close,
    unheard,
  };
}

/** Each connection is dialled by us: to one address of the name, verified against the name, with the certificates of now. */
function dialling({ url, ip }: Address, dialer: TlsDialer) {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "https:") return {};
  const target = { host: ip, port: Number(port === "" ? 443 : port), hostname };
  return { createConnection: () => dialer.dial(target, ["h2"]) };
}

async function connects(sessionManager: Http2SessionManager): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, connectMs, false);
  });
  const connected = sessionManager.connect().then((state) => state !== "error");
  return await Promise.race([connected, tooLong]).finally(() => clearTimeout(timer));
}

function retire(endpoint: Endpoint): void {
  endpoint.retired = true;
  if (endpoint.inFlight === 0) endpoint.close();
}

function unresolved(cause: unknown): never {
  throw new ConnectError("the target cannot be resolved", Code.Unavailable, undefined, undefined, cause);
}
