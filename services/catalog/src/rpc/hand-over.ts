/** How long a producer waits for its consumer, and what it throws then. */
export interface Patience {
  readonly ms: number;
  readonly tooSlow: () => Error;
}

/**
 * Lets a callback-style producer feed an async iterable: `push` resolves when the consumer has taken the value and asks for
 * the next, so the producer is never more than one ahead. When the consumer leaves, or takes longer than it may, `push`
 * throws and the producer unwinds.
 */
export async function* handOver<T>(
  produce: (push: (value: T) => Promise<void>) => Promise<void>,
  patience: Patience,
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
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(patience.tooSlow()), patience.ms);
      wakeProducer = () => {
        clearTimeout(timer);
        resolve();
      };
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

/** At most `max` pieces of work run at once and `waitingMax` wait, in the order they came; one more throws `refuse()`. */
export interface Turns {
  readonly max: number;
  readonly waitingMax: number;
  readonly refuse: () => Error;
}

export function turns({ max, waitingMax, refuse }: Turns): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= max) {
      if (waiting.length >= waitingMax) throw refuse();
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
