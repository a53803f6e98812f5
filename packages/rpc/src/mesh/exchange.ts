import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { joined } from "../joined.ts";
import type { PlainHeaders } from "./headers.ts";
import type { SteadySessions } from "./steady-sessions.ts";

/** What is sent to a server at once. */
export interface Posted {
  readonly path: string;
  readonly headers: PlainHeaders;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Of an answer. */
  readonly bytesMax: number;
}

/** What it answered. */
export interface Answer {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly body: Uint8Array;
}

/**
 * Sends a request and waits for its whole answer, whatever it says. Rejects with a ConnectError when the time is over, the signal is
 * aborted, or the connection fails.
 */
export function exchange(sessions: SteadySessions, posted: Posted): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutMs } = posted;
    let stream: ClientHttp2Stream | undefined;
    let settled = false;
    const settle = () => {
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    // Errors are made when they are wanted: they cost as much as the rest of a small call.
    const fail: Fail = (cause) => {
      if (settled) return;
      settle();
      stream?.close(constants.NGHTTP2_CANCEL);
      reject(cause());
    };
    const done = (answer: Answer) => {
      if (settled) return;
      settle();
      resolve(answer);
    };
    const onAbort = () => fail(() => ConnectError.from(signal?.reason, Code.Canceled));
    const timer = setTimeout(() => fail(late), timeoutMs);
    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener("abort", onAbort);
    // Node ends what a call that is given up has not sent: by its length, it is no message.
    const headers = { ...posted.headers, "content-length": String(posted.body.length) };
    sessions.open("POST", posted.path, headers, {}).then(
      (opened) => {
        stream = opened;
        opened.on("error", (cause) => fail(() => connectionError(cause)));
        if (settled) opened.close(constants.NGHTTP2_CANCEL);
        else converse(sessions, opened, posted, done, fail);
      },
      (cause) => fail(() => connectionError(cause)),
    );
  });
}

type Fail = (cause: () => ConnectError) => void;

function converse(
  sessions: SteadySessions,
  stream: ClientHttp2Stream,
  { body, bytesMax }: Posted,
  done: (answer: Answer) => void,
  fail: Fail,
): void {
  const chunks: Buffer[] = [];
  let headers: Answer["headers"] | undefined;
  let bytes = 0;
  stream.once("response", (received) => {
    headers = received;
  });
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    // The response has told that the connection lives; a long one goes on telling it.
    if (chunks.length > 1) sessions.notifyResponseByteRead(stream);
    if (bytes > bytesMax) fail(() => tooLarge(bytesMax));
  });
  stream.once("end", () => {
    // A connection that is lost ends its streams too, after a goodbye as if all were well; why, the stream's close tells.
    const length = headers?.["content-length"];
    const whole = length === undefined ? !stream.rstCode : length === String(bytes);
    if (headers && whole) done({ headers, body: joined(chunks, bytes) });
  });
  stream.once("close", () => fail(() => closed(stream.rstCode)));
  stream.end(body);
}

function late(): ConnectError {
  return new ConnectError("the operation timed out", Code.DeadlineExceeded);
}

function lost(): ConnectError {
  return new ConnectError("closed without an answer", Code.Aborted);
}

function closed(resetCode: number | undefined): ConnectError {
  if (resetCode !== constants.NGHTTP2_CANCEL) return lost();
  return new ConnectError("the stream was cancelled", Code.Canceled);
}

function tooLarge(bytesMax: number): ConnectError {
  return new ConnectError(`the answer is larger than ${bytesMax} bytes`, Code.ResourceExhausted);
}

const broken = new Set(["ERR_STREAM_DESTROYED", "ERR_HTTP2_INVALID_STREAM", "ECONNRESET"]);
const unreachable = new Set(["ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED"]);

// The words of connect-node, which the channel knows how to read.
function connectionError(cause: unknown): ConnectError {
  if (cause instanceof ConnectError) return cause;
  const code = codeOf(cause);
  const kind = broken.has(code) ? Code.Aborted : unreachable.has(code) ? Code.Unavailable : Code.Internal;
  const error = ConnectError.from(cause, kind);
  error.cause = cause;
  return error;
}

function codeOf(cause: unknown): string {
  for (let at = cause, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return "";
}
