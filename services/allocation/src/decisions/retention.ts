import type { Database, Tx } from "@marketmesh/postgres";
import { pause } from "@marketmesh/rpc";
import { purgeEnded } from "../storage/waitlist-store.ts";
import {
  dropMonths,
  type KeptFrom,
  makeMonths,
  marketsKeptFrom,
  removeDecisions,
  removeLog,
  removeRoundParts,
  takeRemoving,
} from "./retention-store.ts";

const everyMs = 10 * 60_000;
/** Rows that one transaction removes of one table. */
const rowsPerBatch = 5_000;

/** Makes months ahead and removes what no market keeps, until the signal aborts; one replica at a time, in small transactions. */
export async function keepDecisionLog(
  database: Database,
  removed: (rows: number) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await removeOnce(database, removed, signal);
    await pause(everyMs, signal).catch(() => {});
  }
}

/** One pass: all that is due now. */
export async function removeOnce(
  database: Database,
  removed: (rows: number) => void = () => {},
  signal?: AbortSignal,
  batch = rowsPerBatch,
): Promise<void> {
  await background(database, makeMonths);
  await background(database, dropMonths);
  const markets = await database.background((tx) => marketsKeptFrom(tx));
  for (const kept of markets) {
    for (const remove of [removeDecisions, removeRoundParts, removeLog, removeWaited]) {
      await untilNone(database, (tx) => remove(tx, kept, batch), removed, signal);
    }
  }
}

/** Entries of waitlists that got their offer or left, and are not kept any more. */
function removeWaited(tx: Tx, { market, from }: KeptFrom, rowsMax: number): Promise<number> {
  return purgeEnded(tx, market, from, rowsMax);
}

type Step = Parameters<typeof background>[1];

async function untilNone(
  database: Database,
  step: Step,
  removed: (rows: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  while (!signal?.aborted) {
    const rows = await background(database, step);
    if (rows === 0) return;
    removed(rows);
  }
}

/** Nothing when another replica is at it. */
function background(
  database: Database,
  step: (tx: Parameters<typeof takeRemoving>[0]) => Promise<number>,
): Promise<number> {
  return database.background(async (tx) => ((await takeRemoving(tx)) ? await step(tx) : 0));
}

export type { KeptFrom };
