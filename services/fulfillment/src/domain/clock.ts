/** What is known of a market's time. */
export type MarketClock =
  | { readonly mode: "REAL" }
  | {
      readonly mode: "SANDBOX";
      /** The latest time that has come here. */
      readonly clockMs: number;
      /** Everything due by it was woken. */
      readonly wokenMs: number;
    };
