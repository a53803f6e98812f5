/**
 * Lets a callback-style producer feed an async iterable: `push` resolves when the consumer has taken the value, so the
 * producer is never more than one ahead. When the consumer leaves, `push` throws and the producer unwinds.
 */
export async function* handOver<T>(
  produce: (push: (value: T) => Promise<void>) => Promise<void>,
): AsyncGenerator<T> {
  let offered: { readonly value: T } | undefined;
  let wakeConsumer = () => {};
  let wakeProducer = () => {};
  let left = false;
  let ended = false;
  let failure: unknown;
  const push = async (value: T) => {
    if (left) throw new Error("the reader left");
    offered = { value };
    wakeConsumer();
    await new Promise<void>((resolve) => {
      wakeProducer = resolve;
    });
    if (left) throw new Error("the reader left");
  };
  const done = produce(push)
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      ended = true;
      wakeConsumer();
    });
  try {
    while (true) {
      if (offered === undefined && !ended) {
        await new Promise<void>((resolve) => {
          wakeConsumer = resolve;
        });
      }
      if (offered === undefined) break;
      const { value } = offered as { readonly value: T };
      offered = undefined;
      yield value;
      wakeProducer();
    }
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
  } finally {
    left = true;
    wakeProducer();
    await done;
  }
}

/** Runs at most `max` pieces of work at once; the others wait in the order they came. */
export function turns(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
