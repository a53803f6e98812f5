import type { Database, Tx } from "@marketmesh/postgres";
import { overdueApprovals } from "../storage/approval-store.ts";
import { type Clock, holdClock } from "../storage/clock-store.ts";
import { type DuePlan, duePlans, duePlansMax } from "../storage/schedule-store.ts";
import { expireApproval } from "./approve-round.ts";
import { beginDueRound } from "./begin-due-round.ts";
import { Rests } from "./rests.ts";
import { type Signals, topics } from "./signals.ts";

/**
 * Begins rounds that are due and ends approvals that nobody gave, by each market's clock, until the signal aborts. Every
 * replica looks; each round is begun once, for its id says when it was due and its plan's row is locked.
 */
export async function runRoundTimers(
  { database, signals }: { readonly database: Database; readonly signals: Signals },
  pollMs: number,
  signal: AbortSignal,
): Promise<void> {
  // To look for news reads every level of a plan that might have some.
  const rests = new Rests();
  while (!signal.aborted) {
    for (const { market, id } of await database.background((tx) => overdueApprovals(tx))) {
      const ended = await database.background(async (tx) =>
        expireApproval(tx, market, id, await holdClock(tx, market)),
      );
      if (ended) signals.tell(topics.round(market, id));
    }
    for await (const { market, plan } of everyDue((after) =>
      database.background((tx) => duePlans(tx, undefined, after)),
    )) {
      if (signal.aborted) return;
      const begun = await rests.work(`${market}/${plan}`, () =>
        database.background(async (tx) => beginDueRound(tx, market, plan, await holdClock(tx, market))),
      );
      if (begun !== undefined) signals.tell(topics.roundToDo);
    }
    await signals.wait(topics.roundTimers, pollMs, signal);
  }
}

/** What is due in a market whose clock moves, in the transaction that moves it. */
export async function settleRoundTimers(tx: Tx, market: string, clock: Clock): Promise<void> {
  for (let ended = true; ended; ) {
    ended = false;
    for (const { id } of await overdueApprovals(tx, market))
      ended = (await expireApproval(tx, market, id, clock)) || ended;
  }
  for await (const { plan } of everyDue((after) => duePlans(tx, market, after)))
    await beginDueRound(tx, market, plan, clock);
}

/** Page after page: plans that are due but have no news would else stand before all that are due later. */
async function* everyDue(read: (after: DuePlan | undefined) => Promise<DuePlan[]>): AsyncGenerator<DuePlan> {
  for (let after: DuePlan | undefined; ; ) {
    const page = await read(after);
    yield* page;
    after = page.at(-1);
    if (page.length < duePlansMax) return;
  }
}
