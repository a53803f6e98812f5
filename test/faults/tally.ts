import { appendFileSync } from "node:fs";

/** What a run of the fault tests came to; each test adds its part. */
export interface Tally {
  /** Calls answered to jobs, and events that work subscriptions recorded. */
  readonly operations: number;
  readonly kills: number;
  readonly violations: number;
}

/** The environment key of the file that parts are added to; without it they are not. */
export const TALLY_FILE_KEY = "MARKETMESH_FAULT_TALLY";

export function addToTally(part: Tally): void {
  const file = process.env[TALLY_FILE_KEY];
  if (file) appendFileSync(file, `${JSON.stringify(part)}\n`);
}

export function sumOf(parts: readonly Tally[]): Tally {
  const sum = (key: keyof Tally) => parts.reduce((total, part) => total + part[key], 0);
  return { operations: sum("operations"), kills: sum("kills"), violations: sum("violations") };
}
