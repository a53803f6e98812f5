import type { ListingFact } from "../src/domain/listing-projection.ts";

/** A listing of a test's market. */
export interface TestListing {
  readonly id: string;
  readonly side: "SUPPLY" | "DEMAND";
  readonly owner?: string;
  readonly units?: number;
  readonly unlimited?: boolean;
  readonly exclusiveGroup?: string;
  readonly groups?: Readonly<Record<string, string>>;
  readonly closed?: boolean;
}

export const kindOf = { SUPPLY: "tool", DEMAND: "want" } as const satisfies Record<
  ListingFact["side"],
  string
>;

/** What the neighbours of allocation know, as plain data: listings in ordinal order, a policy and two models. */
export class World {
  readonly listings = new Map<string, TestListing & { readonly ordinal: number; readonly version: number }>();
  eligible: (demand: string, supply: string) => boolean = () => true;
  demandScore: (demand: string, supply: string) => number = () => 0;
  supplyScore: (demand: string, supply: string) => number = () => 0;
  /** Calls by method, to see that work is batched. */
  readonly calls = { batchListEligible: 0, rank: 0 };
  /** Of the rankings that are answered now. */
  statisticsVersion = 0;
  /** Awaited before a ranking is answered: a test stops the world here. */
  beforeRank: () => Promise<void> = async () => {};

  put(listing: TestListing): TestListing & { readonly ordinal: number; readonly version: number } {
    const known = this.listings.get(listing.id);
    const ordinal = known?.ordinal ?? this.of(listing.side).length;
    const placed = { ...listing, ordinal, version: (known?.version ?? 0) + 1 };
    this.listings.set(listing.id, placed);
    return placed;
  }

  of(side: TestListing["side"]) {
    return [...this.listings.values()].filter((listing) => listing.side === side);
  }

  /** Ordinals of the supplies that the demand may have, ascending. */
  eligibleOrdinals(demand: string): number[] {
    const open = this.of("SUPPLY").filter(({ id, closed }) => !closed && this.eligible(demand, id));
    return open.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
  }
}
