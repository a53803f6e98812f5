import type { Database, Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Signals } from "../rounds/signals.ts";

/** Analyzes tables of which half has changed since they were; returns how many. See migration 0014. */
export async function analyzeChanged(tx: Tx): Promise<number> {
  const [row] = await tx.execute<{ analyzed: number }>(sql`select analyze_what_changed() as analyzed`);
  return Number(row?.analyzed ?? 0);
}

/** Looks every `everyMs`, until the signal aborts. Replicas that look at once skip what another analyzes. */
export async function keepStatistics(
  { database, signals }: { readonly database: Database; readonly signals: Signals },
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await database.background(analyzeChanged);
    await signals.wait("statistics", everyMs, signal);
  }
}
