import { request as http1Request } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { endStreamFromJson, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import type { RawCall } from "./damage.ts";

/** What came back, before it is read as an answer. */
export interface RawAnswer {
  /** 0 when the stream was reset without one. */
  readonly status: number;
  readonly headers: Headers;
  readonly trailers: Headers;
  readonly body: Uint8Array;
  /** No end within the time, or the connection broke. */
  readonly problem: string | undefined;
}

const bodyMax = 2 * 1024 * 1024;
/** A session takes no more requests after a body of more bytes than this. */
const lastBodyMin = 1024 * 1024;

/** Sends HTTP requests that no client library would. One connection per address. */
export class RawSender implements Disposable {
  readonly #sessions = new Map<string, ClientHttp2Session>();

  send(url: string, call: RawCall, timeoutMs: number): Promise<RawAnswer> {
    return call.http1 ? overHttp1(url, call, timeoutMs) : this.#overHttp2(url, call, timeoutMs);
  }

  #session(url: string): ClientHttp2Session {
    const known = this.#sessions.get(url);
    if (known && !known.closed && !known.destroyed) return known;
    const session = connect(url);
    session.on("error", () => {});
    this.#sessions.set(url, session);
    return session;
  }

  #overHttp2(url: string, call: RawCall, timeoutMs: number): Promise<RawAnswer> {
    const { promise, resolve } = Promise.withResolvers<RawAnswer>();
    const headers = new Headers();
    const trailers = new Headers();
    const chunks: Buffer[] = [];
    let status = 0;
    let size = 0;
    const finish = (problem?: string) => {
      clearTimeout(timer);
      resolve({ status, headers, trailers, body: Buffer.concat(chunks), problem });
    };
    const session = this.#session(url);
    const stream = session.request(
      { ":method": call.method, ":path": call.path, ...call.headers },
      { endStream: call.body.length === 0 && !call.cut },
    );
    // Node counts what a reset stream left unsent until its session ends, and a session may hold 10 MB.
    if (call.body.length > lastBodyMin) {
      this.#sessions.delete(url);
      stream.once("close", () => session.close());
    }
    const timer = setTimeout(() => {
      finish(`no end within ${timeoutMs} ms`);
      stream.close(constants.NGHTTP2_CANCEL);
    }, timeoutMs);
    stream.on("response", (answer) => {
      status = Number(answer[":status"]);
      copyHeaders(answer, headers);
    });
    stream.on("trailers", (answer) => copyHeaders(answer, trailers));
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bodyMax) chunks.push(chunk);
    });
    // The answer is whole, whatever becomes of a body that the server does not want to read.
    stream.on("end", () => {
      finish(status === 0 ? "ended without an answer" : undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on("error", (error) => finish(`reset: ${error.message}`));
    stream.on("close", () => finish(status === 0 ? "closed without an answer" : undefined));
    if (call.cut) stream.write(Buffer.from(call.body), () => stream.close(constants.NGHTTP2_CANCEL));
    else if (call.body.length > 0) stream.end(Buffer.from(call.body));
    return promise;
  }

  [Symbol.dispose](): void {
    for (const session of this.#sessions.values()) session.destroy();
  }
}

function copyHeaders(from: Readonly<Record<string, string | string[] | undefined>>, to: Headers): void {
  for (const [name, value] of Object.entries(from)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const each of [value].flat()) to.append(name, each);
  }
}

function overHttp1(url: string, call: RawCall, timeoutMs: number): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const empty = { status: 0, headers: new Headers(), trailers: new Headers(), body: new Uint8Array() };
  const { te: _, ...headers } = call.headers;
  // A connection of its own: one that is kept may end, as the server may end it, just as it is used again.
  const options = { method: call.method, headers, timeout: timeoutMs, agent: false } as const;
  const request = http1Request(url + call.path, options);
  request.on("timeout", () => request.destroy(new Error(`no end within ${timeoutMs} ms`)));
  request.on("error", (error) => resolve({ ...empty, problem: error.message }));
  request.on("response", (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => {
      if (chunks.length < 500) chunks.push(chunk);
    });
    response.on("error", (error) => resolve({ ...empty, problem: error.message }));
    response.on("end", () => {
      const received = new Headers();
      const trailers = new Headers();
      copyHeaders(response.headers, received);
      copyHeaders(response.trailers, trailers);
      resolve({
        status: response.statusCode ?? 0,
        headers: received,
        trailers,
        body: Buffer.concat(chunks),
        problem: undefined,
      });
    });
  });
  if (call.cut) request.write(Buffer.from(call.body), () => request.destroy());
  else request.end(Buffer.from(call.body));
  return promise;
}

/** The refusal in an answer, by whichever protocol it came; undefined when the call was answered; "http" when it is none of an RPC. */
export function refusalIn(answer: RawAnswer): ConnectError | "http" | undefined {
  const type = answer.headers.get("content-type") ?? "";
  const unknown = new ConnectError("an error that does not parse", Code.Unknown);
  if (type.startsWith("application/grpc")) {
    const text = type.startsWith("application/grpc-web-text");
    const body = text ? Buffer.from(Buffer.from(answer.body).toString(), "base64") : answer.body;
    const trailers = type.startsWith("application/grpc-web") ? webTrailers(body) : undefined;
    for (const place of [answer.trailers, answer.headers, trailers]) {
      if (place?.has("grpc-status")) return findTrailerError(place);
    }
    return answer.status === 200 ? unknown : "http";
  }
  if (type.startsWith("application/connect+")) {
    const last = lastEnvelope(answer.body);
    if (last?.flags !== 2) return unknown;
    return endStreamFromJson(last.body).error;
  }
  if (answer.status === 200) return undefined;
  if (type.startsWith("application/json")) return errorFromJsonBytes(answer.body, undefined, unknown);
  return "http";
}

function lastEnvelope(body: Uint8Array): { flags: number; body: Uint8Array } | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let last: { flags: number; body: Uint8Array } | undefined;
  for (let at = 0; at + 5 <= body.length; ) {
    const length = view.getUint32(at + 1);
    last = { flags: view.getUint8(at), body: body.subarray(at + 5, at + 5 + length) };
    at += 5 + length;
  }
  return last;
}

function webTrailers(body: Uint8Array): Headers | undefined {
  const last = lastEnvelope(body);
  if (!last || (last.flags & 0x80) === 0) return undefined;
  const headers = new Headers();
  for (const line of Buffer.from(last.body).toString().split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}
