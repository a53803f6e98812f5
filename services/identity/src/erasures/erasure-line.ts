import { formatName, namePatterns } from "@marketmesh/contracts";
import type { Erasure } from "../domain/resources.ts";

/** An erasure as one line of JSON, as it is kept outside of the database. */
export function lineOf({ market, party, eraseTime }: Erasure): string {
  return JSON.stringify({ market, party, eraseTime: eraseTime.toISOString() });
}

/** Undefined when it is none: it may be anything, so nobody quotes it. */
export function parseLine(line: string): Erasure | undefined {
  try {
    const { market, party, eraseTime } = JSON.parse(line) as Record<string, unknown>;
    const time = new Date(String(eraseTime));
    if (typeof market !== "string" || typeof party !== "string" || Number.isNaN(time.getTime()))
      return undefined;
    formatName(namePatterns.party, { market, party });
    return { market, party, eraseTime: time };
  } catch {
    // No JSON, or no ids.
    return undefined;
  }
}

/** What is the same erasure, whenever it was asked for. */
export function keyOf({ market, party }: Pick<Erasure, "market" | "party">): string {
  return `${market}/${party}`;
}
