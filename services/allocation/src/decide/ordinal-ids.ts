import type { Tx } from "@marketmesh/postgres";
import { readIdsByOrdinal } from "../storage/capacity-store.ts";

/** Sees a market whole: decisions of a party look at others' levels too. */
export type ReadAsMarket = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

const idsMax = 1_000_000;

/**
 * Listing ids by ordinal, kept once they were read: within an epoch a number never changes its listing. Bounded; when it is
 * full it begins anew.
 */
export class OrdinalIds {
  readonly #known = new Map<string, Map<number, string>>();
  #size = 0;

  /** The ids of these ordinals; those without a level are left out, and asked for again. */
  async idsOf(
    market: string,
    kind: string,
    epoch: number,
    ordinals: readonly number[],
    read: ReadAsMarket,
  ): Promise<ReadonlyMap<number, string>> {
    const known = this.#of(`${market}\n${kind}\n${epoch}`);
    const unknown = ordinals.filter((ordinal) => !known.has(ordinal));
    if (unknown.length > 0) {
      const found = await read((tx) => readIdsByOrdinal(tx, market, kind, epoch, unknown));
      for (const { ordinal, id } of found) known.set(ordinal, id);
      this.#size += found.length;
    }
    return known;
  }

  #of(key: string): Map<number, string> {
    if (this.#size > idsMax) {
      this.#known.clear();
      this.#size = 0;
    }
    const known = this.#known.get(key) ?? new Map<number, string>();
    this.#known.set(key, known);
    return known;
  }
}
