import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { callerOf, pause, problem } from "@marketmesh/rpc";
import type { Bind } from "../src/index.ts";

/** Facts about the handlers that tests wait for. */
export interface EchoProbe {
  readonly name: string;
  /** The handler of a waiting call has begun. */
  started(): void;
  /** The signal of a waiting call was aborted. */
  cancelled(): void;
}

/** Serves EchoService. */
export function bindEcho(probe: Partial<EchoProbe> = {}): Bind {
  return (host) => host.serve(EchoService, echo(probe));
}

export function echo({ name = "", started, cancelled }: Partial<EchoProbe>): ServiceImpl<typeof EchoService> {
  const wait = async (ms: number, context: HandlerContext) => {
    if (ms === 0) return;
    context.signal.addEventListener("abort", () => cancelled?.());
    started?.();
    await pause(ms, context.signal);
  };
  return {
    async echo({ text, waitMs, fail }, context) {
      await wait(waitMs, context);
      if (fail === "problem")
        throw problem(Code.NotFound, "ECHO_NOT_FOUND", "no echo", { metadata: { text } });
      if (fail === "bug") throw new TypeError(`broken with ${text}`);
      const { principal, requestId } = callerOf(context);
      return { text, principal, requestId, server: name };
    },
    echoPublic: ({ text }) => ({ text, server: name }),
    write: ({ text }) => ({ text }),
    async collect(requests) {
      let count = 0;
      for await (const _ of requests) count += 1;
      return { count };
    },
    async *tick({ count, waitMs }, context) {
      for (let number = 1; number <= count; number += 1) {
        await wait(waitMs, context);
        yield { number };
      }
    },
  };
}

/**
 * The outcome of a call that its deadline ended while the handler was at work. On a busy machine a short deadline may be over before
 * the handler begins, so each attempt has more time than the one before.
 */
export async function endedAtWork<T>(
  call: (timeoutMs: number) => Promise<T>,
  hasBegun: () => boolean,
): Promise<T> {
  for (let timeoutMs = 150; ; timeoutMs *= 4) {
    const outcome = await call(timeoutMs);
    if (hasBegun() || timeoutMs > 60_000) return outcome;
  }
}

/** Everything that a stream sends. */
export async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}
