import { randomUUID } from "node:crypto";
import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import { parseTraceparent } from "@marketmesh/telemetry";
import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { endCallSpan, startCallSpan } from "../call-span.ts";
import { anonymous, type Caller, callerKey, holds } from "../caller.ts";
import { problem, reasonOf } from "../problem.ts";
import {
  type Authenticated,
  authenticate,
  callerFrom,
  type HeaderView,
  isServiceToken,
  refused,
} from "./authentication.ts";
import { type CallState, interruption, outcomeOf, stateKey } from "./call-state.ts";
import { overloaded } from "./load.ts";
import type { MethodPlan } from "./method-plan.ts";
import { describeTransportError } from "./refusal.ts";
import type { ServerParts } from "./server.ts";

const requestIdPattern = /^[\w.:~-]{1,128}$/;

/** What there is of a call when its headers have come, whatever brought it. */
export interface Arrival {
  readonly header: HeaderView;
  /** `connect`, `grpc` or `grpc-web`. */
  readonly protocolName: string;
  readonly values: ContextValues;
  /** Ends with the call. Asked for only when somebody wants it. */
  readonly signal: AbortSignal;
  readonly timeoutMs: () => number | undefined;
  /** The address of the connection's other end. */
  readonly remote: () => string;
}

/** Names a call and starts its span. From now on it counts, until `finishCall`. */
export function beginCall(parts: ServerParts, plan: MethodPlan, arrival: Arrival): CallState {
  const sent = arrival.header.get("x-request-id");
  const state: CallState = {
    plan,
    startedMs: performance.now(),
    requestId: sent !== null && requestIdPattern.test(sent) ? sent : randomUUID(),
    ...startSpan(parts, plan, arrival),
    call: undefined,
    admitted: false,
    answered: false,
    ended: undefined,
    interrupt: undefined,
  };
  arrival.values.set(stateKey, state);
  return state;
}

/** Refuses the call when the server is full, when nobody may call so, or too often. Its body is not read before. */
export async function admitCall(parts: ServerParts, state: CallState, arrival: Arrival): Promise<void> {
  const { plan, requestId } = state;
  parts.load.enter(plan, parts.domain);
  const authenticated = await identified(parts, plan, arrival.header);
  // The keys may have been waited for too long.
  if (state.ended) throw interruption(state.ended.reason);
  const caller = admitted(parts, plan, authenticated, requestId);
  const inside = authenticated !== undefined && isServiceToken(authenticated.direct, parts.service);
  if (!inside) {
    limitRate(parts, caller, arrival);
    admit(parts, state);
  }
  arrival.values.set(callerKey, caller);
  state.call = {
    service: parts.service,
    method: plan.name,
    requestId,
    caller,
    callerToken: authenticated?.end.audience === "marketmesh" ? authenticated.end.token : "",
    deadlineMs: parts.nowMs() + (arrival.timeoutMs() ?? parts.limits.streamDeadlineMs),
    get signal() {
      return arrival.signal;
    },
  };
}

/** Ends a call: with the error that it is answered with, where there is one. */
export function finishCall(parts: ServerParts, state: CallState, reason: unknown): void {
  state.ended = { reason };
  if (reason instanceof ConnectError)
    describeTransportError(reason, parts.domain, parts.limits.requestBytesMax, state.answered);
  const outcome = outcomeOf(state, reason);
  parts.load.leave(state.plan);
  if (state.admitted) parts.admission.leave();
  parts.observe(state.plan, outcome, (performance.now() - state.startedMs) / 1000, state.span.spanContext());
  if (outcome === Code.ResourceExhausted && reasonOf(reason) === "OVERLOADED")
    parts.countOverloaded(state.plan);
  endCallSpan(state.span, SpanKind.SERVER, outcome);
  if (!state.answered) state.interrupt?.(reason);
}

// Anyone may call a public method, so a stale token must not stop its holder from exchanging a key for a fresh one.
function identified(
  parts: ServerParts,
  plan: MethodPlan,
  header: HeaderView,
): Promise<Authenticated | undefined> {
  const found = authenticate(parts.verifier, parts.service, header);
  return plan.policy.access === "PUBLIC" ? found.catch(() => undefined) : found;
}

function startSpan(
  parts: ServerParts,
  plan: MethodPlan,
  { header, protocolName }: Arrival,
): { span: Span; traceContext: Context | undefined } {
  const remote = remoteSpan(header);
  const parent = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
  const system = protocolName === "connect" ? "connectrpc" : "grpc";
  const span = startCallSpan(parts.tracer, SpanKind.SERVER, plan, system, parent);
  const traced = remote !== undefined || span.isRecording();
  return { span, traceContext: traced ? trace.setSpan(parent, span) : undefined };
}

function remoteSpan(header: HeaderView): SpanContext | undefined {
  const remote = parseTraceparent(header.get("traceparent"));
  const state = remote && header.get("tracestate");
  return remote && state ? { ...remote, traceState: createTraceState(state) } : remote;
}

// Permission comes before anything that looks at the request, so that a refusal tells nothing about what exists.
function admitted(
  parts: ServerParts,
  plan: MethodPlan,
  authenticated: Authenticated | undefined,
  requestId: string,
): Caller {
  const { access, permission, marketField } = plan.policy;
  if (!authenticated) {
    if (access === "PUBLIC") return anonymous(requestId);
    throw refused(
      parts.service,
      "TOKEN_MISSING",
      "this method needs an authorization header with a Bearer token",
    );
  }
  if (access === "PERMISSION") {
    if (!holds(authenticated.direct.permissions, permission)) {
      const options = { domain: parts.domain, metadata: { permission } };
      throw problem(Code.PermissionDenied, "PERMISSION_MISSING", `the token lacks ${permission}`, options);
    }
    if (marketField === undefined && authenticated.direct.reach !== "PLATFORM") {
      const options = { domain: parts.domain, metadata: { market: "-" } };
      throw problem(
        Code.PermissionDenied,
        "MARKET_MISMATCH",
        "this method needs a token of platform reach",
        options,
      );
    }
  }
  return callerFrom(authenticated, requestId);
}

// What services send was limited where it entered the mesh.
function limitRate(parts: ServerParts, caller: Caller, { remote }: Arrival): void {
  const waitMs = parts.rate.take(caller.principal === "" ? `at ${remote()}` : caller.principal);
  if (waitMs === 0) return;
  throw problem(Code.ResourceExhausted, "RATE_LIMITED", "too many calls by this principal", {
    domain: parts.domain,
    metadata: { callsPerSecond: String(parts.limits.callsPerSecond) },
    retryAfterMs: waitMs,
  });
}

function admit({ admission, domain }: ServerParts, state: CallState): void {
  const { unary } = state.plan;
  if (!admission.enter(unary)) throw overloaded(domain, admission.limit);
  state.admitted = unary;
}
