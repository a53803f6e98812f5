import type { ServerHttp2Stream } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { joined } from "../joined.ts";
import { type CallState, interruption } from "./call-state.ts";

/** Reads the message of a unary call. Rejects when it is too large, or the call ends before it does. */
export function bodyOf(
  stream: ServerHttp2Stream,
  state: CallState,
  bytesMax: number,
  announced: string | undefined,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (state.ended) throw interruption(state.ended.reason);
    if (Number(announced) > bytesMax) throw tooLarge(` ${announced}`, bytesMax);
    // An empty one may have ended while the tokens were verified.
    if (stream.readableEnded) return resolve(new Uint8Array());
    state.interrupt = (reason) => reject(interruption(reason));
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      stream.pause();
      reject(tooLarge("", bytesMax));
    });
    stream.on("end", () => resolve(joined(chunks, bytes)));
  });
}

// As the transport library says it.
function tooLarge(size: string, bytesMax: number): ConnectError {
  const text = `message size${size} is larger than configured readMaxBytes ${bytesMax}`;
  return new ConnectError(text, Code.ResourceExhausted);
}
