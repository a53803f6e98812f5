import type { Side } from "./level.ts";

/** A listing that waits for capacity of another. */
export interface WaitlistEntry {
  readonly id: string;
  /** What is waited for. */
  readonly listing: string;
  readonly waitingListing: string;
  /** Of who waits. */
  readonly side: Side;
  /** Owner of who waits; empty: the market itself. */
  readonly party: string;
  readonly plan: string;
  /** How the demand sees the supply, millionths: the highest is served first. */
  readonly score: number;
  readonly state: "WAITING" | "SERVED" | "LEFT";
  /** The offer that it got; empty: none. */
  readonly offer: string;
  /** By the market clock; of equal scores the first is served first. */
  readonly createTime: Date;
  readonly version: number;
}

/** So many may wait for one listing. */
export const waitingMax = 10_000;

export function pairOf({ listing, waitingListing, side }: WaitlistEntry): { demand: string; supply: string } {
  return side === "SUPPLY"
    ? { demand: listing, supply: waitingListing }
    : { demand: waitingListing, supply: listing };
}
