import type { ContextValues } from "@connectrpc/connect";
import { interruption, stateKey } from "./call-state.ts";

/**
 * The body of a unary call: its deadline and the server's shutdown end the wait for it, which the transport library does not do by
 * itself. A client that sends slowly, or not to the end, would hold what it has sent for as long as its connection.
 */
export async function* awaitedBody(
  body: AsyncIterable<Uint8Array>,
  values: ContextValues,
): AsyncIterable<Uint8Array> {
  const state = values.get(stateKey);
  const ended = new Promise<never>((_, reject) => {
    if (!state) return;
    if (state.ended) reject(interruption(state.ended.reason));
    else state.interrupt = (reason) => reject(interruption(reason));
  });
  const chunks = body[Symbol.asyncIterator]();
  // Who left a moment ago is not waited for either way.
  ended.catch(() => {});
  for (;;) {
    const step = await Promise.race([chunks.next(), ended]);
    if (step.done) return;
    let more = false;
    try {
      yield step.value;
      more = true;
    } finally {
      if (!more) await chunks.return?.();
    }
  }
}
