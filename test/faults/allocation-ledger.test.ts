import { connect } from "@marketmesh/client";
import { openDatabase } from "@marketmesh/postgres";
import { expect, test } from "vitest";
import { brokenCapacity } from "../../services/allocation/src/testing/audit.ts";
import { Caller } from "./ledger/caller.ts";
import { doFaults, faultsOf } from "./ledger/faults.ts";
import { Journal } from "./ledger/journal.ts";
import { insertListings } from "./ledger/listings.ts";
import { startSetting } from "./ledger/setting.ts";
import { addToTally } from "./tally.ts";

const operations = Number(process.env.LEDGER_OPERATIONS ?? 50_000);
/** After that it stops where it is, and judges what was done. */
const minutes = Number(process.env.LEDGER_MINUTES ?? 360);
const callers = 8;
const processesCount = 2;

/** A generator of whole numbers that gives the same on every machine. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test(
  `of ${operations} operations on capacity, with kills and lost connections, nothing is oversold, leaked, lost or doubled`,
  async () => {
    await using setting = await startSetting(processesCount);
    const { processes, way, sql, appUrl, backgroundUrl } = setting;
    await insertListings(sql);

    const mesh = connect({ endpoints: { allocation: processes.endpoint }, token: setting.token });
    const journal = new Journal();
    const startMs = performance.now();
    const endMs = startMs + minutes * 60_000;
    const waiting: { readonly at: number; readonly resolve: (reached: boolean) => void }[] = [];
    const reached = (at: number) =>
      new Promise<boolean>((resolve) => {
        if (journal.operations >= at) resolve(true);
        else waiting.push({ at, resolve });
      });
    const goesOn = () => journal.operations < operations && performance.now() < endMs;
    const work = Array.from({ length: callers }, async (_, n) => {
      const caller = new Caller(mesh, journal, `c${n}`, numbers(n + 1));
      while (goesOn()) {
        await caller.turn();
        for (const one of waiting.filter(({ at }) => at <= journal.operations)) {
          waiting.splice(waiting.indexOf(one), 1);
          one.resolve(true);
        }
      }
    });
    const target = { processes, way, sql, below: numbers(99) };
    const faults = doFaults(target, faultsOf(operations), operations, reached);
    await Promise.all(work);
    // What was to come later than the last operation does not come.
    for (const { resolve } of waiting) resolve(false);
    const done = await faults;
    const seconds = (performance.now() - startMs) / 1_000;

    // Holds end by themselves, the short ones even while they are judged; nothing else goes on then.
    const settled = await until(async () => {
      const [none] = await sql<{ time: string }[]>`
        select now()::text as time where not exists (select from holds where state = 'HELD' and expire_time <= now())`;
      return none?.time;
    });
    const background = await openDatabase({ url: appUrl, backgroundUrl });
    const broken = await background.background((tx) => brokenCapacity(tx)).finally(() => background.close());
    const expired = await journal.expired(sql);
    const violations = [
      ...(done.failure === undefined ? [] : [`faults could not be done any more: ${done.failure}`]),
      ...broken,
      ...(await journal.broken(sql, settled)),
      ...journal.unexpected.slice(0, 20),
      ...processes.crashes,
    ];
    mesh.close();
    const { retries, ...counts } = journal.counts;
    const total = journal.operations + expired;
    for (const violation of violations) console.log(`violation: ${violation}`);
    console.log(
      `allocation ledger: operations ${total} ${JSON.stringify({ ...counts, expiries: expired })}, kills ${done.kills}, ` +
        `cut connections ${done.cuts} times, backends ended ${done.terminated}, retries ${retries}, ` +
        `violations ${violations.length}, ${Math.round(seconds)} s` +
        (journal.operations < operations ? `: stopped after ${minutes} min, of ${operations}` : ""),
    );
    addToTally({ operations: total, kills: done.kills, violations: violations.length });
    expect(violations).toEqual([]);
    const whole = journal.operations >= operations;
    if (whole) expect(done.kills).toBe(faultsOf(operations).kills);
    else expect(done.kills).toBeGreaterThan(0);
    expect(expired).toBeGreaterThan(0);
    expect(retries).toBeGreaterThan(0);
  },
  (minutes + 60) * 60_000,
);

async function until<T>(found: () => Promise<T | undefined>): Promise<T> {
  const endMs = Date.now() + 120_000;
  for (;;) {
    const fact = await found();
    if (fact !== undefined) return fact;
    if (Date.now() > endMs) throw new Error(`never found: ${found}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
