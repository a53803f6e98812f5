import { connect } from "@marketmesh/client";
import { openDatabase } from "@marketmesh/postgres";
import { createTestDatabase, startTestIssuer, testDatabaseUrl, testNatsUrl } from "@marketmesh/testkit";
import { openWay } from "@marketmesh/testkit/servers";
import postgres from "postgres";
import { expect, test } from "vitest";
import { brokenCapacity } from "../../services/allocation/src/testing/audit.ts";
import { Caller } from "./ledger/caller.ts";
import { doFaults, faultsOf } from "./ledger/faults.ts";
import { Journal } from "./ledger/journal.ts";
import { insertListings, market } from "./ledger/listings.ts";
import { ServiceProcesses } from "./ledger/service-processes.ts";
import { addToTally } from "./tally.ts";

const operations = Number(process.env.LEDGER_OPERATIONS ?? 50_000);
const callers = 8;
const processesCount = 2;
const hourMs = 3_600_000;

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
    await using created = await createTestDatabase({ service: "allocation" });
    await using issuer = await startTestIssuer();
    await using way = await openWay(created.appUrl);
    await using processes = new ServiceProcesses("allocation");
    const env = {
      DATABASE_URL: way.by(created.appUrl),
      DATABASE_BACKGROUND_URL: way.by(created.backgroundUrl),
      DATABASE_MIGRATOR_URL: created.migratorUrl,
      DATABASE_POOL_MAX: "8",
      NATS_URL: testNatsUrl(),
      EVENTS_NAMESPACE: `ledger${process.pid}`,
      EVENTS_STREAM_BYTES_MAX: String(2 ** 30),
      MESH_IDENTITY_URL: issuer.url,
      ...Object.fromEntries(
        ["CATALOG", "ELIGIBILITY", "SCORING"].map((name) => [`MESH_${name}_URL`, "http://127.0.0.1:9"]),
      ),
      SERVICE_KEY: "serviceAccounts/allocation",
      RATE_LIMIT_CALLS_PER_SECOND: "100000",
      LOG_LEVEL: "error",
    };
    for (let n = 0; n < processesCount; n++) await processes.start(env);
    const owner = new URL(testDatabaseUrl());
    owner.pathname = `/${created.name}`;
    const sql = postgres(owner.href, { max: 2, onnotice: () => {} });
    await insertListings(sql);

    let token = { text: "", untilMs: 0 };
    const tokenOf = async () => {
      if (token.untilMs < Date.now()) {
        const principal = `markets/${market}/serviceAccounts/staff`;
        token = { text: await issuer.testToken({ principal, market }), untilMs: Date.now() + 300_000 };
      }
      return token.text;
    };
    const mesh = connect({ endpoints: { allocation: processes.endpoint }, token: tokenOf });
    const journal = new Journal();
    const startMs = performance.now();
    const waiting: { readonly at: number; readonly resolve: () => void }[] = [];
    const reached = (at: number) =>
      new Promise<void>((resolve) => {
        if (journal.operations >= at) resolve();
        else waiting.push({ at, resolve });
      });
    const work = Array.from({ length: callers }, async (_, n) => {
      const caller = new Caller(mesh, journal, `c${n}`, numbers(n + 1));
      while (journal.operations < operations) {
        await caller.turn();
        for (const one of waiting.filter(({ at }) => at <= journal.operations)) {
          waiting.splice(waiting.indexOf(one), 1);
          one.resolve();
        }
      }
    });
    const target = { processes, way, sql, below: numbers(99) };
    const faults = doFaults(target, faultsOf(operations), operations, reached);
    await Promise.all(work);
    const done = await faults;
    const seconds = (performance.now() - startMs) / 1_000;

    // Short holds end by themselves; nothing else goes on then.
    await until(async () => {
      const due = await sql`select from holds where state = 'HELD' and expire_time <= now() limit 1`;
      return due.length === 0;
    });
    const background = await openDatabase({ url: created.appUrl, backgroundUrl: created.backgroundUrl });
    const broken = await background.background((tx) => brokenCapacity(tx)).finally(() => background.close());
    const expired = await journal.expired(sql);
    const violations = [
      ...broken,
      ...(await journal.broken(sql)),
      ...journal.unexpected.slice(0, 20),
      ...processes.crashes,
    ];
    mesh.close();
    await sql.end();
    const { retries, ...counts } = journal.counts;
    const total = journal.operations + expired;
    for (const violation of violations) console.log(`violation: ${violation}`);
    console.log(
      `allocation ledger: operations ${total} ${JSON.stringify({ ...counts, expiries: expired })}, kills ${done.kills}, ` +
        `cut connections ${done.cuts} times, backends ended ${done.terminated}, retries ${retries}, ` +
        `violations ${violations.length}, ${Math.round(seconds)} s`,
    );
    addToTally({ operations: total, kills: done.kills, violations: violations.length });
    expect(violations).toEqual([]);
    expect(done.kills).toBe(faultsOf(operations).kills);
    expect(expired).toBeGreaterThan(0);
    expect(retries).toBeGreaterThan(0);
  },
  6 * hourMs,
);

async function until(fact: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 120_000;
  while (!(await fact())) {
    if (Date.now() > endMs) throw new Error(`never true: ${fact}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
