/**
 * A number that depends on its parts alone: FNV-1a over their UTF-8 bytes, a zero byte after each, then the finaliser of
 * MurmurHash3. The same on every machine. 0 to 2^32 - 1.
 */
export function hash32(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (const byte of encoder.encode(String(part))) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const encoder = new TextEncoder();

/** A deterministic source of draws, named by what it is for; two names give independent draws. */
export class Draw {
  readonly #parts: readonly (string | number)[];
  #count = 0;

  constructor(...parts: readonly (string | number)[]) {
    this.#parts = parts;
  }

  /** A number from 0 up to, but not including, 1. */
  unit(): number {
    this.#count += 1;
    return hash32(...this.#parts, this.#count) / 2 ** 32;
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.unit() * (max - min + 1));
  }

  /** Around 1, seldom below 0.4 or above 1.6: the mean of three draws, stretched. */
  aroundOne(): number {
    return 0.25 + (this.unit() + this.unit() + this.unit()) / 2;
  }

  /** One of the entries, by their weights. */
  weighted<T>(entries: readonly (readonly [T, number])[]): T {
    const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.unit() * total;
    for (const [value, weight] of entries) {
      left -= weight;
      if (left < 0) return value;
    }
    return entries.at(-1)![0];
  }

  /** `count` distinct entries; early ones are likelier, as 1 / (rank + 1). */
  skewed<T>(entries: readonly T[], count: number): T[] {
    const left = entries.map((value, rank) => [value, 1 / (rank + 1)] as const);
    const chosen: T[] = [];
    while (chosen.length < count && left.length > 0) {
      const value = this.weighted(left);
      left.splice(
        left.findIndex(([entry]) => entry === value),
        1,
      );
      chosen.push(value);
    }
    return chosen;
  }
}
