import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { webHeaders } from "../mesh/headers.ts";
import type { HeaderView } from "./authentication.ts";
import { stateKey } from "./call-state.ts";
import type { Arrival } from "./entry.ts";
import { callEnded } from "./gate.ts";

export const messageType = "application/proto";
const refusalType = "application/json";

/**
 * What a handler is told of a call that came directly. Most handlers ask for little of it, so Headers and signal are made when
 * they are asked for: to make them is most of what a small call would cost.
 */
export class DirectContext implements HandlerContext, Arrival {
  readonly requestMethod = "POST";
  readonly protocolName = "connect";
  readonly method: DescMethod;
  readonly service: DescService;
  readonly header: HeaderView;
  readonly values: ContextValues = createContextValues();
  readonly timeoutMs: () => number;
  readonly remote: () => string;
  readonly #headers: IncomingHttpHeaders;
  #controller: AbortController | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #ended: { readonly reason: unknown } | undefined;

  constructor(method: DescMethod, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, endMs: number) {
    this.method = method;
    this.service = method.parent;
    this.#headers = headers;
    this.header = { get: (name) => textOf(headers[name]) };
    this.timeoutMs = () => endMs - Date.now();
    this.remote = () => stream.session?.socket?.remoteAddress ?? "";
  }

  get url(): string {
    const { ":scheme": scheme, ":authority": authority, ":path": path, host } = this.#headers;
    return `${scheme}://${authority ?? host}${path}`;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#ended.reason);
    return this.#controller.signal;
  }

  /** Aborts the signal, where somebody has it. */
  end(reason: unknown): void {
    this.#ended = { reason: reason ?? callEnded };
    this.#controller?.abort(this.#ended.reason);
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= webHeaders(this.#headers);
    return this.#requestHeader;
  }

  /** Holds from the start what the server says by itself, as it does where the transport library serves. */
  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers({ "content-type": messageType, "x-request-id": this.#requestId });
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  /** The headers of an answer: the Connect protocol has a unary call's trailers among them. */
  answerHead(status: number, bytes: number): OutgoingHttpHeaders {
    const head: OutgoingHttpHeaders = { ":status": status };
    if (this.#responseHeader) {
      for (const [name, value] of this.#responseHeader) add(head, name, value);
    } else {
      head["content-type"] = messageType;
      head["x-request-id"] = this.#requestId;
    }
    for (const [name, value] of this.#responseTrailer ?? []) add(head, `trailer-${name}`, value);
    if (status !== 200) head["content-type"] = refusalType;
    head["content-length"] = bytes;
    return head;
  }

  get #requestId(): string {
    return this.values.get(stateKey)?.requestId ?? "";
  }
}

function add(head: OutgoingHttpHeaders, name: string, value: string): void {
  const known = head[name];
  head[name] = known === undefined ? value : [...[known].flat().map(String), value];
}

function textOf(value: string | readonly string[] | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : value.join(", ");
}
