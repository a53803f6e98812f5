import { setFlagsFromString } from "node:v8";

/** The old generation may triple before it is marked again, yet take no more than half of what is left to its bound. */
export const heapGrowth = "--heap-growing-percent=200";

/**
 * Has the collector mark the whole heap less often. What a transaction of thousands of holds makes outlives the young generation and
 * is garbage soon after; under a bound below 2 GB V8 lets its old generation grow by a third only, so that it marks everything that
 * the process keeps three times as often as is worth it. Before anything large is made.
 */
export function collectSeldom(): void {
  setFlagsFromString(heapGrowth);
}
