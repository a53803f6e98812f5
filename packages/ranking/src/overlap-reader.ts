import type { ListingIndex } from "@marketmesh/listing-index";
import type { Attributes } from "@marketmesh/rules";
import { shareMillionths } from "./fixed-point.ts";
import type { Overlap } from "./model.ts";
import { type TokenWeight, tokensOf, tokenWeight } from "./overlap.ts";
import type { Statistics } from "./statistics.ts";

/** Reads a feature of the listing with that ordinal, in millionths before clamping; `undefined`: unknown. */
export type Reader = (ordinal: number) => number | undefined;

/** A feature with one demand bound. */
export interface BoundFeature {
  readonly read: Reader;
  /** What `read` says of each of these listings, in their order; NaN: unknown. */
  readAll(ordinals: Uint32Array): Float64Array;
}

/** Reads one after the other. */
export function oneByOne(read: Reader): BoundFeature {
  return {
    read,
    readAll: (ordinals) => Float64Array.from(ordinals, (ordinal) => read(ordinal) ?? Number.NaN),
  };
}

type Column = ReturnType<ListingIndex["stringList"]>;

/** In `#weights`: not asked for yet. Weights are 0 or more. */
const UNASKED = -1;

/**
 * The overlap of one demand after the other with the listings of an index. The demand's tokens become weights by
 * dictionary id, so that a pair costs one array read per token of the supply and no string.
 */
export class OverlapReader {
  readonly #overlap: Overlap;
  readonly #column: Column;
  readonly #weight: TokenWeight;
  /** By dictionary id: the token's weight where the bound demand has it, else 0. */
  #wanted = new Int32Array(0);
  #wantedIds: number[] = [];
  /** By dictionary id: the token's weight, or `UNASKED`. */
  #weights = new Int32Array(0);
  /** By dictionary id: the last read that counted the token, because lists may repeat one. */
  #countedIn = new Float64Array(0);
  #reads = 0;

  /** @throws RankingError STATISTICS_MISSING */
  constructor(overlap: Overlap, index: ListingIndex, statistics: Statistics) {
    this.#overlap = overlap;
    this.#column = index.stringList(overlap.supplyAttribute);
    this.#weight = tokenWeight(overlap, statistics);
  }

  /** The reader for one demand, until the next is bound or the index changes. */
  bind(demand: Attributes): BoundFeature {
    const tokens = tokensOf(demand, this.#overlap.demandAttribute);
    if (tokens === undefined) return oneByOne(() => undefined);
    this.#makeRoom(this.#column.dictionary.length);
    const demandWeight = this.#want(tokens);
    const { starts, lengths, items } = this.#column;
    const shared = (ordinal: number): number | undefined => {
      const length = lengths[ordinal];
      if (!length) return undefined;
      const start = starts[ordinal]!;
      return this.#sharedWeight(items, start, start + length - 1);
    };
    switch (this.#overlap.normalisation) {
      case "NONE":
        return oneByOne(shared);
      case "DEMAND":
        return {
          read: (ordinal) => shareOf(shared(ordinal), demandWeight),
          readAll: (ordinals) => this.#sharesOf(ordinals, demandWeight),
        };
      case "SUPPLY":
        return oneByOne((ordinal) => {
          const start = starts[ordinal]!;
          return shareOf(shared(ordinal), this.#totalWeight(items, start, start + lengths[ordinal]! - 1));
        });
    }
  }

  /** Most of the time of a ranking goes here, so all that the loops touch is in local variables, as integers of 32 bits. */
  #sharesOf(ordinals: Uint32Array, whole: number): Float64Array {
    const column = this.#column;
    const { starts, lengths, items } = column;
    const wanted = this.#wanted;
    const shares = new Float64Array(ordinals.length);
    for (let at = 0; at < ordinals.length; at++) {
      const ordinal = ordinals[at]!;
      const length = lengths[ordinal]! | 0;
      if (length === 0) {
        shares[at] = Number.NaN;
        continue;
      }
      const start = starts[ordinal]! | 0;
      const end = (start + length - 1) | 0;
      let shared = 0;
      if (column.repeats(ordinal)) shared = this.#sharedWeight(items, start, end);
      // Tokens that are not wanted weigh 0: to add them costs less than a branch that is mispredicted.
      else for (let item = start; item < end; item++) shared += wanted[items[item]!]!;
      shares[at] = shareMillionths(shared, whole);
    }
    return shares;
  }

  #makeRoom(size: number): void {
    if (this.#wanted.length >= size) return;
    // Doubled, because a dictionary grows token by token.
    const room = 2 * size;
    this.#wanted = new Int32Array(room);
    this.#wantedIds = [];
    this.#weights = new Int32Array(room).fill(UNASKED);
    this.#countedIn = new Float64Array(room);
  }

  /** Answers the weight of all of the demand's tokens, those that no supply has included. */
  #want(tokens: ReadonlySet<string>): number {
    for (const id of this.#wantedIds) this.#wanted[id] = 0;
    this.#wantedIds = [];
    let total = 0;
    for (const token of tokens) {
      const weight = this.#weight(token);
      total += weight;
      const id = this.#column.dictionary.idOf(token);
      if (id === 0) continue;
      this.#wanted[id] = weight;
      this.#wantedIds.push(id);
    }
    return total;
  }

  #sharedWeight(items: Uint32Array, start: number, end: number): number {
    const wanted = this.#wanted;
    const read = ++this.#reads;
    let shared = 0;
    for (let at = start; at < end; at++) {
      const id = items[at]!;
      const weight = wanted[id]!;
      if (weight === 0 || this.#countedIn[id] === read) continue;
      this.#countedIn[id] = read;
      shared += weight;
    }
    return shared;
  }

  #totalWeight(items: Uint32Array, start: number, end: number): number {
    const read = ++this.#reads;
    let total = 0;
    for (let at = start; at < end; at++) {
      const id = items[at]!;
      if (this.#countedIn[id] === read) continue;
      this.#countedIn[id] = read;
      total += this.#weightOf(id);
    }
    return total;
  }

  #weightOf(id: number): number {
    const known = this.#weights[id]!;
    if (known !== UNASKED) return known;
    const weight = this.#weight(this.#column.dictionary.textOf(id));
    this.#weights[id] = weight;
    return weight;
  }
}

function shareOf(shared: number | undefined, whole: number): number | undefined {
  return shared === undefined ? undefined : shareMillionths(shared, whole);
}
