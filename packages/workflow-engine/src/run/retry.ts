import type { Retry } from "../program.ts";

/** How long to pause before a retry, the first being 1. `length` reads a duration in milliseconds. */
export function pauseMs(
  retry: Retry,
  count: number,
  length: (duration: NonNullable<Retry["delay"]>) => number,
  seed: string,
): number {
  const delay = retry.delay === undefined ? 0 : length(retry.delay);
  const factor =
    retry.backoff === "exponential" ? 2 ** Math.min(count - 1, 40) : retry.backoff === "linear" ? count : 1;
  if (retry.jitter === undefined) return delay * factor;
  const from = length(retry.jitter.from);
  const to = length(retry.jitter.to);
  return delay * factor + from + Math.round(Math.max(0, to - from) * fraction(seed));
}

/** A number from 0 to 1 that only the text decides: FNV-1a with the finish of MurmurHash3. */
export function fraction(seed: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
