import { clone, create, type DescMethodUnary, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { backoffMs, pause, reasonOf } from "@marketmesh/rpc";

/** How long one waits for a mesh whose processes end and start again. */
export interface Patience {
  /** From the first attempt until the last may begin, in milliseconds. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether a call failed for a reason that passes by itself: its server is away or was lost on the way, is too busy, or lost a
 * race. A refusal that names what to change first, such as ETAG_MISMATCH, is none.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  switch (error.code) {
    case Code.Unavailable:
    case Code.ResourceExhausted:
    case Code.DeadlineExceeded:
      return true;
    case Code.Aborted:
      return reasonOf(error) === undefined;
    default:
      // A connection that broke at an unlucky moment; a server's own word of that kind would be a wire error.
      return !error.isWireError && [Code.Internal, Code.Unknown, Code.Canceled].includes(error.code);
  }
}

/** Does work again, ever later, at most every second, until it succeeds or fails for good. What it does must be repeatable. */
export async function patiently<T>(work: () => Promise<T>, { patienceMs, signal }: Patience): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || !isPassing(error) || performance.now() >= endMs) throw error;
      await pause(backoffMs(attempt, Math.random()), signal);
    }
  }
}

/**
 * A way to a service on which unary calls wait until it is back. A mutation without `request_id` gets one, so that its
 * attempts are one call to the server; methods that may not be repeated are not. Streams go through as they are.
 */
export function patientTransport(transport: Transport, patienceMs: number, uuid: () => string): Transport {
  return {
    unary(method, signal, timeoutMs, header, input, contextValues) {
      const request = withRequestId(method, input, uuid);
      const call = () => transport.unary(method, signal, timeoutMs, header, request, contextValues);
      return isRepeatable(method) ? patiently(call, { patienceMs, signal }) : call();
    },
    stream: (...call) => transport.stream(...call),
  };
}

function withRequestId<M extends DescMethodUnary>(
  method: M,
  input: MessageInitShape<M["input"]>,
  uuid: () => string,
): MessageInitShape<M["input"]> {
  if (!("requestId" in method.input.field)) return input;
  const given = create(method.input, input) as Message & { requestId: string };
  if (given.requestId !== "") return input;
  const own = clone(method.input, given as never) as Message & { requestId: string };
  own.requestId = uuid();
  return own as unknown as MessageInitShape<M["input"]>;
}

function isRepeatable({ idempotency }: DescMethodUnary): boolean {
  return idempotency === Idempotency.NO_SIDE_EFFECTS || idempotency === Idempotency.IDEMPOTENT;
}
