import type { Message } from "@bufbuild/protobuf";
import type {
  ConnectError,
  Interceptor,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
} from "@connectrpc/connect";
import type { Logger } from "@marketmesh/telemetry";
import { context as traceContext } from "@opentelemetry/api";
import type { Caller } from "../caller.ts";
import { type CallState, interruptible, stateKey } from "./call-state.ts";
import { marketProblem } from "./market-check.ts";
import { refusalOf } from "./refusal.ts";

type Next = Parameters<Interceptor>[0];

/**
 * The one interceptor of a server: market check, validation, the call's own context, interruption, errors. One function
 * instead of a chain, because each link costs allocations on every call.
 */
export function serverInterceptor(domain: string, log: Logger): Interceptor {
  function fail(state: CallState, cause: unknown): ConnectError {
    const { error, unexpected } = refusalOf(cause, domain, state.requestId);
    if (unexpected) log.error("call failed", { method: state.plan.name, requestId: state.requestId, cause });
    return error;
  }

  async function serveUnary(state: CallState, request: UnaryRequest, next: Next) {
    try {
      assertAcceptable(state, request.message, true);
      const response = await interruptible(state, () => traced(state, () => next(request)));
      state.answered = true;
      return response;
    } catch (cause) {
      throw fail(state, cause);
    }
  }

  async function serveStream(state: CallState, request: StreamRequest, next: Next) {
    try {
      const message = accepted(state, request.message);
      const response = (await interruptible(state, () =>
        traced(state, () => next({ ...request, message } as StreamRequest)),
      )) as StreamResponse;
      return { ...response, message: guarded(state, response.message, fail) };
    } catch (cause) {
      throw fail(state, cause);
    }
  }

  return (next) => (request) => {
    const state = request.contextValues.get(stateKey);
    if (!state) return next(request);
    return request.stream ? serveStream(state, request, next) : serveUnary(state, request, next);
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

async function* accepted(state: CallState, input: AsyncIterable<Message>): AsyncIterable<Message> {
  let first = true;
  for await (const message of input) {
    assertAcceptable(state, message, first);
    first = false;
    yield message;
  }
}

async function* guarded(
  state: CallState,
  output: AsyncIterable<Message>,
  fail: (state: CallState, cause: unknown) => ConnectError,
): AsyncIterable<Message> {
  const iterator = output[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await interruptible(state, () => traced(state, () => iterator.next()));
      if (step.done) {
        state.answered = true;
        return;
      }
      yield step.value;
    }
  } catch (cause) {
    throw fail(state, cause);
  } finally {
    // Not awaited: a handler that waits for something slow must not keep the client, which has its answer.
    if (!state.answered) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
