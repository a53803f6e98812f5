import type { DescMethodUnary } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type StreamResponse, type Transport } from "@connectrpc/connect";
import { RetryInfoSchema } from "@marketmesh/contracts/google/rpc";
import { backoffMs, pause } from "./backoff.ts";
import { type PlainHeaders, plainHeaders } from "./headers.ts";
import { type Endpoint, type Pool, type PoolOptions, pool } from "./pool.ts";
import { type RetryBudget, retryBudget } from "./retry-budget.ts";
import { tlsFailure } from "./tls.ts";

/** What goes along with every attempt of a call. */
export type Attach = (header: Attached) => void | Promise<void>;

/** The headers of a call that is about to be made; names are lower-case. */
export type Attached = Pick<Headers, "has" | "set">;

export interface ChannelOptions extends PoolOptions {
  /** Sets authorization and the like. */
  readonly attach: Attach;
  /** 0 to 1: spreads retries. */
  readonly random: () => number;
  readonly attemptsMax?: number;
  readonly budget?: RetryBudget;
}

/** A balanced way to one target. */
export interface Channel extends Transport {
  close(): void;
}

const defaultTimeoutMs = 10_000;

/**
 * Calls a target over Connect and HTTP/2. Every call picks the least busy address. UNAVAILABLE is tried again, on another
 * address where there is one, only where a repeat changes nothing, within the deadline and the retry budget: methods
 * without side effects, and idempotent ones, whose request has its `request_id` set where it has one.
 */
export function channel(options: ChannelOptions): Channel {
  const { nowMs, attach, random, attemptsMax = 4, budget = retryBudget() } = options;
  const endpoints = pool(options);

  return {
    async unary(method, signal, timeoutMs, header, input) {
      const deadlineMs = nowMs() + (timeoutMs ?? defaultTimeoutMs);
      const headers = plainHeaders(header);
      const attached = attachedTo(headers);
      budget.deposit();
      for (let attempt = 1; ; attempt += 1) {
        const leftMs = deadlineMs - nowMs();
        if (leftMs <= 0) throw new ConnectError("the operation timed out", Code.DeadlineExceeded);
        try {
          await attach(attached);
          return await once(endpoints, signal, (endpoint) =>
            endpoint.callOnce(method, signal, leftMs, headers, input),
          );
        } catch (cause) {
          const waitMs = Math.max(backoffMs(attempt, random()), askedWaitMs(cause));
          const worth =
            attempt < attemptsMax && mayRepeat(method, input, cause) && deadlineMs - nowMs() > waitMs;
          if (!worth || signal?.aborted || !budget.withdraw()) throw cause;
          await pause(waitMs, signal);
        }
      }
    },

    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const headers = new Headers(header);
      await attach(headers);
      const endpoint = await endpoints.pick();
      try {
        const response = await endpoint.transport.stream(
          method,
          signal,
          timeoutMs,
          headers,
          input,
          contextValues,
        );
        return { ...response, message: released(endpoints, endpoint, response, signal) } as typeof response;
      } catch (cause) {
        const problem = told(cause, endpoint, signal);
        endpoints.release(endpoint, isUnreachable(problem));
        throw problem;
      }
    },

    close: endpoints.close,
  };
}

function attachedTo(headers: PlainHeaders): Attached {
  return {
    has: (name) => name in headers,
    set: (name, value) => {
      headers[name] = value;
    },
  };
}

async function once<T>(
  endpoints: Pool,
  signal: AbortSignal | undefined,
  work: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const endpoint = await endpoints.pick();
  let failed = false;
  try {
    return await work(endpoint);
  } catch (cause) {
    const problem = told(cause, endpoint, signal);
    failed = isUnreachable(problem);
    throw problem;
  } finally {
    endpoints.release(endpoint, failed);
  }
}

async function* released(
  endpoints: Pool,
  endpoint: Endpoint,
  response: StreamResponse,
  signal: AbortSignal | undefined,
): AsyncIterable<never> {
  let failed = false;
  try {
    yield* response.message as AsyncIterable<never>;
  } catch (cause) {
    const problem = told(cause, endpoint, signal);
    failed = isUnreachable(problem);
    throw problem;
  } finally {
    endpoints.release(endpoint, failed);
  }
}

/** A failure in the words of the mesh: what never was an answer and has to do with the connection is UNAVAILABLE. */
function told(cause: unknown, endpoint: Endpoint, signal: AbortSignal | undefined): unknown {
  if (!(cause instanceof ConnectError) || cause.isWireError) return cause;
  const failure = tlsFailure(cause);
  if (failure !== undefined) return lost(failure, cause);
  // Nobody but a closing connection cancels a call that its caller still waits for.
  if (cause.code === Code.Canceled && !signal?.aborted && cause.rawMessage !== closedHere)
    return lost(endpoint.unheard() ?? connectionLost, cause);
  if (wasRefused(cause)) return lost("the connection takes no more calls", cause);
  // connect-node calls a connection that was lost under a call ABORTED, which from a server means that a race was lost.
  return cause.code === Code.Aborted ? lost(connectionLost, cause) : cause;
}

// So a call ends that left as its server said goodbye, or found its session ended (RFC 9113, 8.7); connect-node has no word for
// it but INTERNAL. Nothing was done, it says, but a server of Node's may have begun before its goodbye went out: it counts as a
// lost connection. And so ends a stream whose connection is reset after a goodbye: without its last message.
const goodbyes =
  /REFUSED_STREAM|missing EndStreamResponse|ERR_HTTP2_(GOAWAY_SESSION|SESSION_ERROR|INVALID_SESSION)/;

function wasRefused({ rawMessage, cause }: ConnectError): boolean {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return goodbyes.test(rawMessage) || goodbyes.test(code);
}

const connectionLost = "the connection was lost";
/** What connect-node says when we close a channel. */
const closedHere = "connection aborted";

function lost(message: string, cause: ConnectError): ConnectError {
  return new ConnectError(message, Code.Unavailable, undefined, undefined, cause);
}

function isUnavailable(cause: unknown): cause is ConnectError {
  return cause instanceof ConnectError && cause.code === Code.Unavailable;
}

// An answer that says UNAVAILABLE came from a server that can be reached: another address is no better.
function isUnreachable(problem: unknown): boolean {
  return isUnavailable(problem) && !problem.isWireError;
}

function mayRepeat(method: DescMethodUnary, input: object, problem: unknown): boolean {
  return isUnavailable(problem) && isRepeatable(method, input);
}

// The answer may be lost after the work was done: only the request id tells the server that the next attempt is the same.
function isRepeatable(method: DescMethodUnary, input: { readonly requestId?: unknown }): boolean {
  if (method.idempotency === Idempotency.NO_SIDE_EFFECTS) return true;
  if (method.idempotency !== Idempotency.IDEMPOTENT) return false;
  return !("requestId" in method.input.field) || Boolean(input.requestId);
}

function askedWaitMs(cause: unknown): number {
  if (!isUnavailable(cause)) return 0;
  const delay = cause.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay ? Number(delay.seconds) * 1000 + delay.nanos / 1_000_000 : 0;
}
