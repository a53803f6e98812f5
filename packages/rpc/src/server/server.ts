import type { DescMethod, DescService, Registry } from "@bufbuild/protobuf";
import {
  type Code,
  type ContextKey,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type ServiceImpl,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Histogram, Telemetry } from "@marketmesh/telemetry";
import type { SpanContext, Tracer } from "@opentelemetry/api";
import { codeName } from "../code-name.ts";
import { serverDuration, serverOverloaded } from "../metrics.ts";
import type { KeySource } from "../token/key-source.ts";
import { type TokenVerifier, tokenVerifier } from "../token/verifier.ts";
import { type Admission, openAdmission } from "./admission.ts";
import { domainOf } from "./authentication.ts";
import { awaitedBody } from "./awaited-body.ts";
import { boundDeadline, type DeadlineLimits } from "./deadline.ts";
import { directCalls, type StreamListener } from "./direct.ts";
import { gate } from "./gate.ts";
import { withPlainMessage } from "./grpc-message.ts";
import { guard } from "./guard.ts";
import { type Load, load } from "./load.ts";
import { type MethodPlan, planOf } from "./method-plan.ts";
import type { NodeListener, NodeRequest } from "./node-http.ts";
import { openGate } from "./open-gate.ts";
import { type RateLimit, rateLimit } from "./rate-limit.ts";
import { closeHalfRead } from "./unread-body.ts";
import { isWebText, speakingText } from "./web-text.ts";

/** The bounds of a server. */
export interface ServerLimits {
  /** The largest message, in bytes. */
  readonly requestBytesMax: number;
  /** Unary calls at once. */
  readonly callsMax: number;
  /** Streams at once. */
  readonly streamsMax: number;
  /** Milliseconds that calls may wait in a queue all the time before some are refused; 0: none is. */
  readonly queueDelayMs: number;
  /** Sustained calls a second of one principal from outside. */
  readonly callsPerSecond: number;
  /** Milliseconds that a unary call gets when its client asks for nothing. */
  readonly deadlineDefaultMs: number;
  /** The most milliseconds a unary call may ask for. */
  readonly deadlineMaxMs: number;
  /** The most milliseconds of a stream. */
  readonly streamDeadlineMs: number;
}

export const defaultLimits: ServerLimits = {
  requestBytesMax: 4 * 1024 * 1024,
  callsMax: 512,
  streamsMax: 1_024,
  queueDelayMs: 20,
  callsPerSecond: 2_000,
  deadlineDefaultMs: 10_000,
  deadlineMaxMs: 120_000,
  streamDeadlineMs: 3_600_000,
};

export interface RpcServerOptions {
  /** The service's name: the audience of its tokens and the domain of its refusals. */
  readonly service: string;
  readonly keys: KeySource;
  readonly telemetry: Telemetry;
  readonly limits: ServerLimits;
  readonly nowMs: () => number;
  /** Aborted, with the error that calls are to end with, when the server has to stop and they have not ended. */
  readonly shutdown: AbortSignal;
  /** Types that may stand in an Any of a JSON answer. */
  readonly registry?: Registry;
}

/** Serves RPCs over gRPC, gRPC-Web and Connect. */
export interface RpcServer {
  /** Adds a service. Throws when one of its methods states no policy. */
  add<S extends DescService>(service: S, methods: ServiceImpl<S>): void;
  /** Adds a service of the platform itself (health, reflection): open to all, outside every limit but the message size. */
  addOpen<S extends DescService>(service: S, methods: ServiceImpl<S>): void;
  /** The request listener for HTTP/1.1 and HTTP/2; what is no RPC goes to `fallback`. */
  listener(fallback: NodeListener): NodeListener;
  /** Takes the HTTP/2 streams that it serves at less cost; all others are the listener's. */
  readonly direct: StreamListener;
  readonly services: readonly DescService[];
  readonly load: Pick<Load, "calls" | "streams">;
  readonly admission: Pick<Admission, "waited" | "limit" | "close">;
}

/** What the parts of a server share. */
export interface ServerParts {
  readonly service: string;
  readonly domain: string;
  readonly plans: Map<DescMethod, MethodPlan>;
  readonly verifier: TokenVerifier;
  readonly load: Load;
  readonly admission: Admission;
  readonly rate: RateLimit;
  readonly tracer: Tracer;
  readonly limits: ServerLimits;
  readonly remoteKey: ContextKey<string>;
  readonly nowMs: () => number;
  readonly observe: (plan: MethodPlan, outcome: Code | undefined, seconds: number, span: SpanContext) => void;
  readonly countOverloaded: (plan: MethodPlan) => void;
}

/** So many calls at once are never too many: fewer than this are no queue, but a slow machine. */
const callsMin = 16;

const remoteKey = createContextKey("", { description: "the address of the connection's other end" });

export function createRpcServer(options: RpcServerOptions): RpcServer {
  const { telemetry, limits } = options;
  const parts = partsOf(options);
  const deadlines = deadlinesOf(limits);
  const services: DescService[] = [];
  const jsonOptions = {
    ignoreUnknownFields: false,
    ...(options.registry && { registry: options.registry }),
  };
  const bounds = {
    readMaxBytes: limits.requestBytesMax,
    shutdownSignal: options.shutdown,
    acceptCompression: [compressionGzip],
    jsonOptions,
  };
  const around = guard(parts.domain, telemetry, limits.requestBytesMax);
  const { shutdown } = options;
  const direct = directCalls({ parts, guard: around, deadlines, jsonOptions, shutdown });
  const router = createConnectRouter({
    ...bounds,
    requestGate: gate(parts, around),
    interceptors: [around.interceptor],
  });
  const open = createConnectRouter({
    ...bounds,
    requestGate: openGate(parts.domain, limits.requestBytesMax),
  });
  return {
    services,
    load: parts.load,
    admission: parts.admission,
    add(service, methods) {
      const plans = service.methods.map((method) => planOf(method, parts.domain));
      for (const plan of plans) parts.plans.set(plan.method, plan);
      services.push(service);
      router.service(service, methods);
      direct.add(service, methods, plans);
    },
    direct: direct.take,
    addOpen(service, methods) {
      services.push(service);
      open.service(service, methods);
    },
    listener: (fallback) =>
      listenerOf([...router.handlers, ...open.handlers], fallback, (handler, request) => {
        const plan = parts.plans.get(handler.method);
        if (plan) boundDeadline(request.headers, plan.unary, deadlines);
      }),
  };
}

function partsOf(options: RpcServerOptions): ServerParts {
  const { service, keys, telemetry, limits, nowMs } = options;
  return {
    service,
    domain: domainOf(service),
    plans: new Map(),
    verifier: tokenVerifier({ keys, nowMs }),
    load: load(limits),
    admission: openAdmission({ ...limits, callsMin }),
    rate: rateLimit({ callsPerSecond: limits.callsPerSecond, nowMs }),
    tracer: telemetry.tracer,
    limits,
    remoteKey,
    nowMs,
    observe: observer(telemetry),
    countOverloaded: overloadCounter(telemetry),
  };
}

function deadlinesOf(limits: ServerLimits): DeadlineLimits {
  return {
    defaultMs: limits.deadlineDefaultMs,
    maxMs: limits.deadlineMaxMs,
    streamMs: limits.streamDeadlineMs,
  };
}

function overloadCounter({ metrics }: Telemetry): ServerParts["countOverloaded"] {
  const refused = metrics.counter(serverOverloaded);
  return (plan) => refused.add(1, { method: plan.name });
}

function observer({ metrics }: Telemetry): ServerParts["observe"] {
  const seconds = metrics.histogram(serverDuration);
  const seriesOf = new Map<MethodPlan, Map<Code | undefined, ReturnType<Histogram["series"]>>>();
  return (plan, outcome, value, span) => {
    const byCode = seriesOf.get(plan) ?? new Map();
    seriesOf.set(plan, byCode);
    const series = byCode.get(outcome) ?? seconds.series({ method: plan.name, code: codeName(outcome) });
    byCode.set(outcome, series);
    series.observe(value, span);
  };
}

function listenerOf(
  handlers: readonly UniversalHandler[],
  fallback: NodeListener,
  prepare: (handler: UniversalHandler, request: NodeRequest) => void,
): NodeListener {
  const byPath = new Map(handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response) => {
    const path = request.url ?? "";
    const query = path.indexOf("?");
    const handler = byPath.get(query < 0 ? path : path.slice(0, query));
    if (!handler) {
      fallback(request, response);
      return;
    }
    prepare(handler, request);
    closeHalfRead(request, response);
    const values = createContextValues().set(remoteKey, request.socket?.remoteAddress ?? "");
    const handle = isWebText(request.headers["content-type"]) ? speakingText(handler) : handler;
    const universal = universalRequestFromNodeRequest(request, response, undefined, values);
    const body = universal.body as AsyncIterable<Uint8Array>;
    const unary = handler.method.methodKind === "unary";
    handle(unary ? { ...universal, body: awaitedBody(body, values) } : universal)
      .then((answer) => universalResponseToNodeResponse(withPlainMessage(answer), response))
      // The client is gone; the call itself has been counted by its signal.
      .catch(() => response.destroy?.());
  };
}
