import type { Message } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
} from "@connectrpc/connect";
import type { Telemetry } from "@marketmesh/telemetry";
import { context as traceContext } from "@opentelemetry/api";
import type { Caller } from "../caller.ts";
import { faultsOf } from "../faults.ts";
import { type CallState, interruptible, stateKey } from "./call-state.ts";
import { marketProblem } from "./market-check.ts";
import { describeTransportError, refusalOf } from "./refusal.ts";
import { unsaid } from "./unsaid.ts";

type Next = Parameters<Interceptor>[0];

/** What surrounds every handler. */
export interface Guard {
  /** What a call is told that something failed; what nobody expected is logged, without what the request said. */
  fail(state: CallState, fault: unknown, request?: unknown): ConnectError;
  /** Does the work of a unary call for its message. */
  unary<T>(state: CallState, message: Message, work: () => Promise<T>): Promise<T>;
  /** The same for whatever the transport library serves. */
  readonly interceptor: Interceptor;
}

/**
 * Market check, validation, the call's own context, interruption, errors. One function instead of a chain of interceptors,
 * because each link costs allocations on every call.
 */
export function guard(domain: string, telemetry: Telemetry, requestBytesMax: number): Guard {
  const faults = faultsOf(telemetry);

  function fail(state: CallState, fault: unknown, request?: unknown): ConnectError {
    const { error, unexpected } = refusalOf(fault, domain, state.requestId);
    if (unexpected) {
      const { plan, requestId } = state;
      const cause = unsaid(fault, request);
      faults.report("handler", "call failed", fault, { method: plan.name, requestId, cause });
    }
    return error;
  }

  async function serveUnary<T>(state: CallState, message: Message, work: () => Promise<T>): Promise<T> {
    try {
      assertAcceptable(state, message, true);
      const response = await interruptible(state, () => traced(state, work));
      state.answered = true;
      return response;
    } catch (cause) {
      throw fail(state, cause, message);
    }
  }

  async function serveStream(state: CallState, request: StreamRequest, next: Next) {
    const said: Said = { last: undefined };
    const failed = (cause: unknown) => fail(state, cause, said.last);
    try {
      const message = accepted(state, received(request.message, domain, requestBytesMax), said);
      const response = (await interruptible(state, () =>
        traced(state, () => next({ ...request, message } as StreamRequest)),
      )) as StreamResponse;
      return { ...response, message: guarded(state, response.message, failed) };
    } catch (cause) {
      throw failed(cause);
    }
  }

  return {
    fail,
    unary: serveUnary,
    interceptor: (next) => (request) => {
      const state = request.contextValues.get(stateKey);
      if (!state) return next(request);
      return request.stream
        ? serveStream(state, request, next)
        : serveUnary(state, request.message, () => next(request));
    },
  };
}

function traced<T>(state: CallState, work: () => T): T {
  return state.traceContext ? traceContext.with(state.traceContext, work) : work();
}

function assertAcceptable(state: CallState, message: Message, first: boolean): void {
  const { plan } = state;
  if (first && plan.policy.access !== "PUBLIC") {
    const wrongMarket = marketProblem(plan, state.call?.caller as Caller, message);
    if (wrongMarket) throw wrongMarket;
  }
  const invalid = plan.validate?.(message);
  if (invalid) throw invalid;
}

/** The messages of a client's stream. What the transport cannot read of it is told as the client's mistake. */
async function* received(
  input: AsyncIterable<Message>,
  domain: string,
  requestBytesMax: number,
): AsyncIterable<Message> {
  try {
    yield* input;
  } catch (cause) {
    if (cause instanceof ConnectError) describeTransportError(cause, domain, requestBytesMax);
    throw cause;
  }
}

/** What a stream's client said last: what a fault is likely to repeat. */
interface Said {
  last: Message | undefined;
}

async function* accepted(
  state: CallState,
  input: AsyncIterable<Message>,
  said: Said,
): AsyncIterable<Message> {
  let first = true;
  for await (const message of input) {
    said.last = message;
    assertAcceptable(state, message, first);
    first = false;
    yield message;
  }
}

async function* guarded(
  state: CallState,
  output: AsyncIterable<Message>,
  failed: (cause: unknown) => ConnectError,
): AsyncIterable<Message> {
  const iterator = output[Symbol.asyncIterator]();
  let writing = false;
  try {
    for (;;) {
      const step = await interruptible(state, () => traced(state, () => iterator.next()));
      if (step.done) {
        state.answered = true;
        return;
      }
      // What is thrown here is thrown by who writes the answer: its reader is not there any more.
      writing = true;
      yield step.value;
      writing = false;
    }
  } catch (cause) {
    throw writing ? new ConnectError("the client left before the end", Code.Canceled) : failed(cause);
  } finally {
    // Not awaited: a handler that waits for something slow must not keep the client, which has its answer.
    if (!state.answered) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
