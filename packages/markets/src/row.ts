/** How much of a listing can be claimed; one unit where nothing is said. */
export interface RowCapacity {
  readonly units?: number;
  readonly unlimited?: boolean;
  /** The group of the demand whose every value may have one unit. */
  readonly exclusiveGroup?: string;
}

/** One listing as a file or a sample gives it, ready for import. */
export interface ListingRow {
  /** The id of the listing, chosen by the client. */
  readonly id: string;
  /** The id of the party that owns it. */
  readonly owner?: string;
  readonly capacity?: RowCapacity;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The listings of a market's two sides and the parties that own them. */
export interface Sample {
  readonly parties: readonly { readonly id: string; readonly displayName: string }[];
  readonly supply: readonly ListingRow[];
  readonly demand: readonly ListingRow[];
}
