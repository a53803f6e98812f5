import { formatName, namePatterns, parseName } from "@marketmesh/contracts";

/** Asks identity for the keys of parties (1 to 1,000, by name); an erased one has an empty key, unknown ones are missing. */
export type FetchKeys = (
  parent: string,
  parties: readonly string[],
) => Promise<readonly { readonly party: string; readonly key: Uint8Array }[]>;

/** The keys of parties, kept for at most 5 minutes, and so is that a party was erased; an unknown one is asked for again. */
export interface PartyKeys {
  /** By party id. A party that is erased or unknown has none. Throws when identity can't be asked. */
  keysOf(market: string, parties: Iterable<string>): Promise<ReadonlyMap<string, Buffer>>;
  /** Forgets the key of an erased party. */
  drop(market: string, party: string): void;
  /** Forgets everything: erasures may have been missed. */
  clear(): void;
}

const lifeMs = 300_000;
const keptMax = 10_000;
const batchMax = 1_000;

interface Kept {
  /** Undefined: the party was erased. */
  readonly key: Buffer | undefined;
  readonly untilMs: number;
}

export function partyKeys(fetch: FetchKeys, nowMs: () => number): PartyKeys {
  const kept = new Map<string, Kept>();
  // Raised by every drop: an answer that was under way meanwhile may hold a key that is gone, so it is not kept.
  let drops = 0;

  async function load(market: string, wanted: readonly string[], into: Map<string, Buffer>): Promise<void> {
    const before = drops;
    const untilMs = nowMs() + lifeMs;
    const names = wanted.map((party) => formatName(namePatterns.party, { market, party }));
    const answered = new Map<string, Buffer | undefined>();
    for (const { party, key } of await fetch(`markets/${market}`, names)) {
      const name = parseName(namePatterns.party, party);
      if (name.ok) answered.set(name.ids.party, key.length > 0 ? Buffer.from(key) : undefined);
    }
    // An unknown party is not answered, nor is that kept: it may be created a moment later. An erased one stays erased.
    for (const [party, key] of answered) {
      if (key) into.set(party, key);
      if (drops === before) keep(`${market}/${party}`, { key, untilMs });
    }
  }

  function keep(name: string, entry: Kept): void {
    kept.delete(name);
    kept.set(name, entry);
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
  }

  return {
    async keysOf(market, parties) {
      const found = new Map<string, Buffer>();
      const wanted: string[] = [];
      for (const party of new Set(parties)) {
        const entry = kept.get(`${market}/${party}`);
        if (entry === undefined || entry.untilMs <= nowMs()) wanted.push(party);
        else if (entry.key) found.set(party, entry.key);
      }
      for (let from = 0; from < wanted.length; from += batchMax) {
        await load(market, wanted.slice(from, from + batchMax), found);
      }
      return found;
    },
    drop(market, party) {
      drops += 1;
      kept.delete(`${market}/${party}`);
    },
    clear() {
      drops += 1;
      kept.clear();
    },
  };
}
