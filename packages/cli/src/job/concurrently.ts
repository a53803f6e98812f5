/** Does work for each entry, at most `width` at a time, in no order. The first failure stops the rest and is thrown. */
export async function concurrently<T>(
  entries: readonly T[],
  width: number,
  work: (entry: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  async function worker(): Promise<void> {
    while (next < entries.length && !failed) {
      const entry = entries[next]!;
      next += 1;
      await work(entry).catch((error) => {
        failed = true;
        throw error;
      });
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, entries.length) }, worker));
}

/** Cuts a list into runs of at most `size`. */
export function chunksOf<T>(entries: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(entries.length / size) }, (_, at) =>
    entries.slice(at * size, (at + 1) * size),
  );
}
