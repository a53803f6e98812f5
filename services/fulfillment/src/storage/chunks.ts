/** Rows of one set-based statement. */
export const rowsMax = 1_000;

/** The items in runs of at most `size`, in order. */
export function* inChunks<T>(items: readonly T[], size = rowsMax): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
