import type { Attributes } from "@marketmesh/rules";

/** Who may see a listing besides its owner: everyone, the parties it names, or nobody. */
export type Audience = "PUBLIC" | "PARTIES" | "PRIVATE";

/** One listing as the index takes it. */
export interface ListingRow {
  /** Catalog's number for the listing, unique within the kind's epoch. */
  readonly ordinal: number;
  /** Client-chosen id; ties anywhere break by it, bytewise. */
  readonly id: string;
  /** Grows with every change of the listing; an older or equal one changes nothing. */
  readonly version: number;
  /** Only active listings are selected. */
  readonly active: boolean;
  /** Party id of the owner; empty for a listing of the market itself. */
  readonly owner: string;
  readonly audience: Audience;
  /** Party ids; read only where `audience` is PARTIES. */
  readonly audienceParties: readonly string[];
  /** As `normaliseAttributes` leaves them; attributes that the kind does not index are ignored. */
  readonly attributes: Attributes;
}

/** On whose behalf rows are selected. No viewer at all means no restriction: the market itself asks. */
export interface Viewer {
  readonly party: string;
}

/**
 * The listing that rows are to be paired with: whose it is and who may see it. A row is open to it when the owner of each may
 * see the other; a listing without an owner is the market's, which sees everything.
 */
export type Counterpart = Pick<ListingRow, "owner" | "audience" | "audienceParties">;

/** Which active listings are considered at all; all of them where nothing is said. */
export interface Considering {
  readonly viewer?: Viewer | undefined;
  readonly counterpart?: Counterpart | undefined;
}
