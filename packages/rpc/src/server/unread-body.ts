import type { ServerHttp2Stream } from "node:http2";
import type { NodeRequest, NodeResponse } from "./node-http.ts";

const lingerMs = 1_000;

/**
 * Ends the HTTP/1.1 connection of a request that is answered before it was read to its end. Node reads on by itself only when
 * nobody began to read; otherwise the connection would stay open with the rest in it: the next request would never be read,
 * and a drain would wait for it. HTTP/2 resets such a stream.
 */
export function closeHalfRead(request: NodeRequest, response: NodeResponse): void {
  if (request.httpVersionMajor !== 1) return;
  const { socket } = request;
  response.once("finish", () => {
    if (request.complete || !request.readableDidRead || socket.destroyed) return;
    // The answer is on its way; closing at once, with bytes unread, would take it back from the client.
    socket.end();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
}

/**
 * Ends an HTTP/2 stream whose request nobody reads to its end, after its answer: one message too large, a call that was
 * refused. Its client cannot end it, and it would stay as long as the connection: RFC 9113, 8.1, has it closed without an error.
 */
export function endUnread(stream: ServerHttp2Stream): void {
  stream.once("wantTrailers", () => {
    if (stream.readableEnded || stream.state.remoteClose === 1) return;
    setImmediate(() => {
      stream.close();
      // What has come already is thrown away: a stream with unread bytes is never gone.
      stream.removeAllListeners("data").resume();
    });
  });
}
