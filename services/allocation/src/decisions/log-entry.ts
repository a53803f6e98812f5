import { createHash } from "node:crypto";
import { compareBytewise } from "@marketmesh/allocation-engine";
import type { Versions } from "../domain/round.ts";

/** How a solution is proven; see `Certificate` of the engine. */
export interface Proof {
  readonly primal: number;
  readonly dual: number;
  readonly gap: number;
  readonly exact: boolean;
}

/** What was decided together: by a round, or by one call of allocate-now. */
export interface LogEntry extends Versions {
  /** A UUIDv7. */
  readonly id: string;
  /** Empty: allocate-now. */
  readonly round: string;
  readonly plan: string;
  readonly planVersion: number;
  /** By the market clock. */
  readonly decisionTime: Date;
  /** As in plans; NOW: allocate-now. */
  readonly strategy: string;
  /** Version and commit that decided. */
  readonly release: string;
  readonly demandCount: number;
  readonly pairCount: number;
  readonly resultHash: string;
  /** Undefined: nothing is proven. */
  readonly proof: Proof | undefined;
  /** What was considered, packed and compressed; undefined: `round_graphs` has it. */
  readonly content: Uint8Array | undefined;
}

/** A pair that was chosen; ids of listings. */
export interface DecidedPair {
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
}

/** SHA-256, in hex, over the lines `demand\tsupply\tunits\n` in bytewise order: equal for equal pairs in any order. */
export function resultHash(pairs: readonly DecidedPair[]): string {
  const lines = pairs.map(({ demand, supply, units }) => `${demand}\t${supply}\t${units}\n`);
  const hash = createHash("sha256");
  for (const line of lines.sort(compareBytewise)) hash.update(line);
  return hash.digest("hex");
}

/** The time in a UUIDv7; undefined when it is none. */
export function timeOfId(id: string): Date | undefined {
  const hex = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id);
  return hex ? new Date(Number.parseInt(`${hex[1]}${hex[2]}`, 16)) : undefined;
}

/** What every UUIDv7 of this time or later is at least, as text. */
export function firstIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7`;
}
