import type { Tx } from "@marketmesh/postgres";
import { readIdsAfter, readIdsByOrdinal } from "../storage/capacity-store.ts";

/** Sees a market whole: decisions of a party look at others' levels too. */
export type ReadAsMarket = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

const idsMax = 1_000_000;
/** Ids read ahead beside those that were asked for and not known. */
const aheadMax = 2_000;

/** What is known of one kind and epoch. */
interface Known {
  readonly ids: Map<number, string>;
  /** Everything up to here was read ahead; undefined: all that was there. */
  readTo: number | undefined;
}

/**
 * Listing ids by ordinal, kept once they were read: within an epoch a number never changes its listing. Whoever asks for
 * unknown ones reads some more in order, so that all are soon known. Bounded; when it is full it begins anew.
 */
export class OrdinalIds {
  readonly #known = new Map<string, Known>();
  #size = 0;

  /** The ids of these ordinals, which may repeat; those without a level are left out, and asked for again. */
  async idsOf(
    market: string,
    kind: string,
    epoch: number,
    ordinals: readonly number[],
    read: ReadAsMarket,
  ): Promise<ReadonlyMap<number, string>> {
    const known = this.#of(`${market}\n${kind}\n${epoch}`);
    const unknown = ordinals.filter((ordinal) => !known.ids.has(ordinal));
    if (unknown.length === 0) return known.ids;
    const once = [...new Set(unknown)];
    const found = await read(async (tx) => {
      const asked = await readIdsByOrdinal(tx, market, kind, epoch, once);
      return [...asked, ...(await readAhead(tx, market, kind, epoch, known))];
    });
    const before = known.ids.size;
    for (const { ordinal, id } of found) known.ids.set(ordinal, id);
    this.#size += known.ids.size - before;
    return known.ids;
  }

  #of(key: string): Known {
    if (this.#size > idsMax) {
      this.#known.clear();
      this.#size = 0;
    }
    const known = this.#known.get(key) ?? { ids: new Map<number, string>(), readTo: -1 };
    this.#known.set(key, known);
    return known;
  }
}

async function readAhead(tx: Tx, market: string, kind: string, epoch: number, known: Known) {
  if (known.readTo === undefined) return [];
  const page = await readIdsAfter(tx, market, kind, epoch, known.readTo, aheadMax);
  known.readTo = page.length < aheadMax ? undefined : page.at(-1)!.ordinal;
  return page;
}
