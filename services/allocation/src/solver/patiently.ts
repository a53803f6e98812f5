import { Code } from "@connectrpc/connect";
import { problem } from "@marketmesh/rpc";

/** The messages of a stream, while each comes within so long of the last; then DEADLINE_EXCEEDED. */
export async function* patiently<T>(messages: AsyncIterable<T>, idleMs: number): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await within(iterator.next(), idleMs);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a stream in which nothing comes does not end either.
    void iterator.return?.().catch(() => {});
  }
}

async function within<T>(promise: Promise<T>, idleMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<never>((_, reject) => {
    const message = `nothing came for ${idleMs} ms`;
    timer = setTimeout(() => reject(problem(Code.DeadlineExceeded, "DEADLINE_EXCEEDED", message)), idleMs);
  });
  try {
    return await Promise.race([promise, idle]);
  } finally {
    clearTimeout(timer);
  }
}
