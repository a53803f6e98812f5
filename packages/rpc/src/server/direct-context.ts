import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { webHeaders } from "../mesh/headers.ts";
import type { HeaderView } from "./authentication.ts";
import type { Arrival } from "./entry.ts";
import { callEnded } from "./gate.ts";

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

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  /** Adds what the handler wants to say beside its answer: the Connect protocol has a unary call's trailers among its headers. */
  addTo(head: OutgoingHttpHeaders): void {
    for (const [name, value] of this.#responseHeader ?? []) add(head, name, value);
    for (const [name, value] of this.#responseTrailer ?? []) add(head, `trailer-${name}`, value);
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
