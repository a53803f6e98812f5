import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { create, type DescMethodUnary, type DescService, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { createMethodSerializationLookup, mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import type { CallState } from "./call-state.ts";
import { boundDeadline, type DeadlineLimits } from "./deadline.ts";
import { bodyOf } from "./direct-body.ts";
import { DirectContext, messageType } from "./direct-context.ts";
import { admitCall, beginCall, finishCall } from "./entry.ts";
import type { Guard } from "./guard.ts";
import type { MethodPlan } from "./method-plan.ts";
import type { ServerParts } from "./server.ts";
import { endUnread } from "./unread-body.ts";

/** Takes an HTTP/2 stream, or leaves it to others: then it has not touched it. */
export type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

export interface DirectOptions {
  readonly parts: ServerParts;
  readonly guard: Guard;
  readonly deadlines: DeadlineLimits;
  readonly jsonOptions: Parameters<typeof errorToJsonBytes>[1];
  readonly shutdown: AbortSignal;
}

interface DirectMethod {
  readonly plan: MethodPlan;
  readonly parse: (bytes: Uint8Array) => Message;
  /** Calls the handler and gives its whole answer. */
  readonly handle: (message: Message, context: HandlerContext) => Promise<Message>;
  readonly serialize: (message: Message) => Uint8Array;
}

const writeBytesMax = 0xffff_ffff;

/**
 * Serves what services of a mesh mostly send each other: unary calls by the Connect protocol, binary and uncompressed, over HTTP/2.
 * It does what the transport library does for them, with the same gate, guard and refusals, at half of its cost: without Headers,
 * generators, streams of chunks and signals that nobody looks at. All other calls are the library's.
 */
export function directCalls(options: DirectOptions) {
  const methods = new Map<string, DirectMethod>();
  const open = new Set<DirectCall>();
  options.shutdown.addEventListener("abort", () => {
    for (const call of open) call.end(options.shutdown.reason);
  });
  const take: StreamListener = (stream, headers) => {
    const method = methods.get(headers[":path"] ?? "");
    if (!method || !isDirect(headers) || options.shutdown.aborted) return false;
    boundDeadline(headers, true, options.deadlines);
    new DirectCall(options, method, stream, headers, open).serve().catch(() => stream.destroy());
    return true;
  };
  return {
    take,
    add<S extends DescService>(
      service: S,
      implementation: ServiceImpl<S>,
      plans: readonly MethodPlan[],
    ): void {
      for (const plan of plans) {
        const method = directMethod(plan, implementation);
        if (method) methods.set(`/${service.typeName}/${plan.method.name}`, method);
      }
    },
  };
}

function isDirect(headers: IncomingHttpHeaders): boolean {
  return (
    headers["content-type"] === messageType &&
    headers[":method"] === "POST" &&
    headers["content-encoding"] === undefined &&
    headers["accept-encoding"] === undefined &&
    headers.origin === undefined &&
    headers.expect === undefined &&
    /^[1-9]\d{0,9}$/.test(String(headers["connect-timeout-ms"] ?? 1))
  );
}

function directMethod<S extends DescService>(
  plan: MethodPlan,
  implementation: ServiceImpl<S>,
): DirectMethod | undefined {
  const work = (implementation as Record<string, unknown>)[plan.method.localName];
  if (!plan.unary || typeof work !== "function") return undefined;
  const method = plan.method as DescMethodUnary;
  // What is too large was not read; the parser gets nothing that is.
  const limits = { readMaxBytes: writeBytesMax, writeMaxBytes: writeBytesMax };
  const lookup = createMethodSerializationLookup(method, undefined, undefined, limits);
  return {
    plan,
    parse: lookup.getI(true).parse,
    handle: async (message, context) =>
      create(method.output, await work.call(implementation, message, context)),
    serialize: lookup.getO(true).serialize,
  };
}

/** One call, from its headers to its answer. */
class DirectCall {
  readonly #options: DirectOptions;
  readonly #method: DirectMethod;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #open: Set<DirectCall>;
  readonly #context: DirectContext;
  readonly #state: CallState;
  readonly #deadline: NodeJS.Timeout;

  constructor(
    options: DirectOptions,
    method: DirectMethod,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    open: Set<DirectCall>,
  ) {
    this.#options = options;
    this.#method = method;
    this.#stream = stream;
    this.#headers = headers;
    this.#open = open;
    const timeoutMs = Number(headers["connect-timeout-ms"]);
    this.#context = new DirectContext(method.plan.method, stream, headers, Date.now() + timeoutMs);
    this.#state = beginCall(options.parts, method.plan, this.#context);
    this.#deadline = setTimeout(() => this.end(late()), timeoutMs);
    open.add(this);
    stream.on("error", () => {});
    stream.once("close", () => this.#left());
  }

  async serve(): Promise<void> {
    const { parts, guard } = this.#options;
    const context = this.#context;
    try {
      await admitCall(parts, this.#state, context);
      const bytesMax = parts.limits.requestBytesMax;
      const bytes = await bodyOf(this.#stream, this.#state, bytesMax, this.#headers["content-length"]);
      const message = this.#method.parse(bytes);
      const answer = await guard.unary(this.#state, message, () => this.#method.handle(message, context));
      const body = this.#method.serialize(answer);
      this.end(undefined);
      this.#write(200, body);
    } catch (cause) {
      this.#refuse(cause);
    }
  }

  /** Ends the call, once: from now on it does not count, and its signal is aborted. */
  end(reason: unknown): void {
    if (!this.#open.delete(this)) return;
    clearTimeout(this.#deadline);
    finishCall(this.#options.parts, this.#state, reason);
    this.#context.end(reason);
  }

  // An error costs more than most of a call: it is made only when the call has not ended already.
  #left(): void {
    if (this.#open.has(this)) this.end(clientLeft(this.#stream.rstCode));
  }

  #refuse(cause: unknown): void {
    const error = cause instanceof ConnectError ? cause : this.#options.guard.fail(this.#state, cause);
    this.end(error);
    if (!error.isWireError) mergeNonProtocolHeaders(this.#context.responseHeader, error.metadata);
    const body = errorToJsonBytes(error, this.#options.jsonOptions);
    this.#write(codeToHttpStatus(error.code), body);
  }

  #write(status: number, body: Uint8Array): void {
    const stream = this.#stream;
    // The client is gone; the call has been counted.
    if (stream.destroyed || stream.closed) return;
    const unread = !stream.readableEnded;
    stream.respond(this.#context.answerHead(status, body.length), { waitForTrailers: unread });
    if (unread) {
      stream.once("wantTrailers", () => stream.sendTrailers({}));
      endUnread(stream);
    }
    stream.end(body);
  }
}

function late(): ConnectError {
  return new ConnectError("the operation timed out", Code.DeadlineExceeded);
}

function clientLeft(resetCode: number | undefined): ConnectError {
  return new ConnectError(`the client closed its stream (${resetCode ?? 0})`, Code.Canceled);
}
