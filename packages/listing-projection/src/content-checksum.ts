import type { ListingRow } from "@marketmesh/listing-index";
import type { Value } from "@marketmesh/rules";

/**
 * A sum over listings that does not depend on their order: of each, two 32-bit hashes of its id, version and all that is
 * projected of it, added up. A listing that is missed, doubled, or differs in anything shows. One that is written again
 * takes its former share out, so a write costs its own length.
 */
export class ContentChecksum {
  #low = 0;
  #high = 0;
  /** By ordinal, two each: what is to be taken out again. */
  #shares = new Uint32Array(128);
  readonly #attributes: readonly string[];

  /** @param attributes the names of what is projected, in any order */
  constructor(attributes: Iterable<string>) {
    this.#attributes = [...attributes].sort();
  }

  put(row: ListingRow): void {
    const at = 2 * row.ordinal;
    this.#grow(at + 2);
    const low = this.#hash(row, 0x811c9dc5);
    const high = this.#hash(row, 0x9e3779b9);
    this.#low = (this.#low - this.#shares[at]! + low) >>> 0;
    this.#high = (this.#high - this.#shares[at + 1]! + high) >>> 0;
    this.#shares[at] = low;
    this.#shares[at + 1] = high;
  }

  /** 16 hex digits. */
  toString(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }

  #grow(length: number): void {
    if (length <= this.#shares.length) return;
    let grown = this.#shares.length;
    while (grown < length) grown *= 2;
    const shares = new Uint32Array(grown);
    shares.set(this.#shares);
    this.#shares = shares;
  }

  #hash(row: ListingRow, seed: number): number {
    let state = text(seed, row.id);
    state = number(state, row.version);
    state = number(state, row.ordinal);
    state = mix(state, row.active ? 1 : 0);
    state = text(text(state, row.owner), row.audience);
    if (row.audience === "PARTIES")
      for (const party of [...row.audienceParties].sort()) state = text(state, party);
    for (const name of this.#attributes) {
      const held = row.attributes[name];
      // A missing one leaves no trace, so that a kind at a later version with more attributes has the same sum.
      if (held !== undefined) state = value(text(state, name), held);
    }
    return finish(state);
  }
}

const bytes = new DataView(new ArrayBuffer(8));

/** FNV-1a over 32-bit words. */
function mix(state: number, word: number): number {
  return Math.imul(state ^ word, 0x01000193) ^ (state >>> 15);
}

/** Its length first, so that what is beside it can't be taken for a part of it. */
function text(state: number, given: string): number {
  let after = mix(state, given.length);
  for (let at = 0; at < given.length; at++) after = mix(after, given.charCodeAt(at));
  return after;
}

function number(state: number, given: number): number {
  bytes.setFloat64(0, given);
  return mix(mix(state, bytes.getUint32(0)), bytes.getUint32(4));
}

function value(state: number, given: Value): number {
  if (typeof given === "string") return text(mix(state, 1), given);
  if (typeof given === "number") return number(mix(state, 2), given);
  if (typeof given === "boolean") return mix(mix(state, 3), given ? 1 : 0);
  let after = mix(mix(state, 4), given.length);
  for (const each of given) after = value(after, each);
  return after;
}

/** As MurmurHash3 ends, so that sums of similar listings spread. */
function finish(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
