import { bucketOf, type Database, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { PlanContent } from "../src/domain/plan.ts";
import { approveRound, rejectRound } from "../src/rounds/approve-round.ts";
import { commitRound } from "../src/rounds/commit-round.ts";
import { runRoundTimers } from "../src/rounds/round-timers.ts";
import { runRounds } from "../src/rounds/round-worker.ts";
import { Signals } from "../src/rounds/signals.ts";
import { solveRound } from "../src/rounds/solve-round.ts";
import { takeSnapshot } from "../src/rounds/take-snapshot.ts";
import { insertLevels } from "../src/storage/capacity-store.ts";
import { readKnowledge, saveKnowledge } from "../src/storage/plan-state-store.ts";
import { savePlan, setActiveRound } from "../src/storage/plan-store.ts";
import { readRoundGraph } from "../src/storage/round-graph-store.ts";
import { insertRound, leaseRound, readRound } from "../src/storage/round-store.ts";
import { countNews, duePlansMax, saveBegun, saveHeld, saveSchedule } from "../src/storage/schedule-store.ts";
import { openTestDatabase, staffOf } from "../src/testing/database.ts";
import { levelOf } from "../src/testing/levels.ts";
import { lease, type Ranking, roundDeps, testPlan } from "./in-process.ts";
import { until } from "./start-allocation.ts";

const market = "bazaar";
const pairs = 6;
const running = new AbortController().signal;
const own: Ranking = (demand) => [{ ordinal: Number(demand.slice(1)), score: 100 }];

async function seed(database: Database): Promise<void> {
  const levels = Array.from({ length: pairs }, (_, n) => n).flatMap((n) => [
    levelOf({ listingId: `s${n}`, ordinal: n }),
    levelOf({ listingId: `d${n}`, ordinal: n, side: "DEMAND" }),
  ]);
  await database.transaction(staffOf(market), (tx) => insertLevels(tx, market, levels));
}

async function begin(database: Database, plan: string, content: Partial<PlanContent> = {}, dryRun = false) {
  const full = { ...testPlan, ...content };
  await database.background(async (tx) => {
    await savePlan(tx, market, plan, 1, full);
    const round = { id: `r-${plan}`, plan, planVersion: 1, revisions: [], traceparent: "", dryRun };
    await insertRound(tx, market, { ...round, kinds: full, needsNewRelease: dryRun });
    if (!dryRun) await setActiveRound(tx, market, plan, round.id);
  });
}

const stateOf = async (database: Database, round: string) =>
  (await database.background((tx) => readRound(tx, market, round)))?.state;

async function held(database: Database): Promise<string[]> {
  const rows = await database.background((tx) =>
    tx.execute<{ pair: string }>(sql`select demand || '-' || supply as pair from holds order by 1`),
  );
  return rows.map(({ pair }) => pair);
}

/** Works until the fact is true. */
async function working(database: Database, fact: () => Promise<boolean>): Promise<void> {
  await database.background((tx) =>
    tx.execute(sql`update rounds set lease_expire_time = now() - interval '1 second' + lease_shift`),
  );
  const { deps, calls } = roundDeps(database, own);
  const stop = new AbortController();
  const worker = runRounds(deps, stop.signal);
  await until(fact);
  stop.abort();
  await worker;
  expect(calls.filter).toBeLessThanOrEqual(1);
}

test("rounds of plans that share a kind run one after another; others and dry runs at the same time", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await begin(database, "a");
  await begin(database, "b", { supplyKind: "person" });
  await begin(database, "c", { demandKind: "person", supplyKind: "tool" });
  await begin(database, "d", { demandKind: "wish", supplyKind: "star" });
  await begin(database, "e", {}, true);
  const next = (worker: string) => database.background((tx) => leaseRound(tx, worker, 60_000));
  const first = await next("one");
  expect(first?.round.id).toBe("r-a");
  // b wants what a wants, c takes what a takes.
  expect((await next("two"))?.round.id).toBe("r-d");
  expect((await next("three"))?.round.id).toBe("r-e");
  expect(await next("four")).toBeUndefined();
  await database.background((tx) => tx.execute(sql`update rounds set state = 'COMMITTED' where id = 'r-a'`));
  expect((await next("five"))?.round.id).toBe("r-b");
  // Another kind of supply than b's, another demand: but b's supply is c's demand.
  expect(await next("six")).toBeUndefined();
});

test("many workers at once never begin two rounds that share a kind", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  for (const plan of ["a", "b", "c", "d"]) await begin(database, plan);
  const leases = await Promise.all(
    Array.from({ length: 12 }, (_, n) => database.background((tx) => leaseRound(tx, `w${n}`, 60_000))),
  );
  expect(leases.filter((leased) => leased !== undefined)).toHaveLength(1);
});

test("dry runs never stand before rounds that are meant", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  for (const plan of ["t1", "t2", "t3"]) await begin(database, plan, {}, true);
  await begin(database, "meant");
  expect((await lease(database, "first")).round.id).toBe("r-meant");
  expect((await lease(database, "second")).round.dryRun).toBe(true);
});

test("release 0.3.0 never gets the lease of a dry run", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await begin(database, "a", {}, true);
  const [seen] = await database.background((tx) =>
    tx.execute<{ due: boolean }>(sql`select lease_expire_time < clock_timestamp() as due from rounds`),
  );
  expect(seen).toEqual({ due: false });
  const leased = await lease(database, "new");
  await database.background((tx) => tx.execute(sql`update rounds set lease_owner = 'gone'`));
  const [after] = await database.background((tx) =>
    tx.execute<{ far: boolean }>(
      sql`select lease_expire_time > now() + interval '900 years' as far from rounds`,
    ),
  );
  expect([leased.round.dryRun, after?.far]).toEqual([true, true]);
});

test("killed while it waits for its approval: the next worker takes what was solved when it is approved", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  await begin(database, "a", { approvalWindowMs: 60_000 });
  const { deps } = roundDeps(database, own);
  const leased = await lease(database, "first");
  const solving = await takeSnapshot(deps, leased, running);
  const waiting = await solveRound(deps, { ...leased, round: solving }, running);
  expect(waiting.state).toBe("AWAITING_APPROVAL");
  await expect(
    commitRound(deps, { ...leased, round: { ...waiting, pairsCommitted: 1 } }, running),
  ).rejects.toThrow();
  expect(await held(database)).toEqual([]);
  await database.background((tx) => approveRound(tx, market, "r-a", "chief"));
  const { deps: later, calls } = roundDeps(database, () => []);
  const stop = new AbortController();
  const worker = runRounds(later, stop.signal);
  await until(async () => (await stateOf(database, "r-a")) === "COMMITTED");
  stop.abort();
  await worker;
  expect(calls).toEqual({ filter: 0, rank: 0 });
  expect(await held(database)).toHaveLength(pairs);
});

test("an approval and a rejection at once: one of them wins, and the round holds all or nothing", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  await begin(database, "a", { approvalWindowMs: 60_000 });
  await working(database, async () => (await stateOf(database, "r-a")) === "AWAITING_APPROVAL");
  const outcomes = await Promise.all([
    database.background((tx) => approveRound(tx, market, "r-a", "ann")),
    database.background((tx) => rejectRound(tx, market, "r-a", "bob", "no")),
  ]);
  expect(outcomes.toSorted()).toEqual(["DONE", "ROUND_NOT_AWAITING"]);
  if (outcomes[0] === "DONE") {
    await working(database, async () => (await stateOf(database, "r-a")) === "COMMITTED");
    expect(await held(database)).toHaveLength(pairs);
  } else expect(await stateOf(database, "r-a")).toBe("REJECTED");
});

test("a graph that cannot be solved fails its round at once and says why", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const huge = { demandQuality: 4_000_000, fillBonus: 1_000_000_000, supplyQuality: 4_000_000 };
  await begin(database, "a", { strategy: "OPTIMAL", objective: huge });
  const big: Ranking = (demand) => [{ ordinal: Number(demand.slice(1)), score: 1_000_000_000 }];
  const { deps } = roundDeps(database, big);
  const stop = new AbortController();
  const worker = runRounds(deps, stop.signal);
  await until(async () => (await stateOf(database, "r-a")) === "FAILED");
  stop.abort();
  await worker;
  const round = await database.background((tx) => readRound(tx, market, "r-a"));
  expect(round).toMatchObject({ attempts: 1, holdCount: 0 });
  expect(round?.failure).toContain("WEIGHT_OVERFLOW");
});

test("a solved round keeps its graph, what was chosen and the proof with its prices", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  await begin(database, "a", { strategy: "OPTIMAL" });
  await working(database, async () => (await stateOf(database, "r-a")) === "COMMITTED");
  const recorded = await database.background((tx) => readRoundGraph(tx, market, "r-a"));
  expect(recorded?.graph.demandIds).toHaveLength(pairs);
  expect(recorded?.chosen).toHaveLength(pairs);
  expect(recorded?.extra.weights).toHaveLength(pairs);
  expect(recorded?.certificate).toMatchObject({ primal: 600, dual: 600, exact: true });
  expect(await database.background((tx) => readRoundGraph(tx, market, "none"))).toBeUndefined();
});

const overdue = new Date(Date.now() - 3_600_000);
const hourly = { batching: { mode: "SCHEDULED", intervalMs: 3_600_000 } } as const;

async function scheduled(database: Database, plan: string): Promise<void> {
  await database.background(async (tx) => {
    await savePlan(tx, market, plan, 1, { ...testPlan, ...hourly });
    await saveSchedule(tx, market, plan, overdue);
  });
}

const roundIds = async (database: Database) =>
  (await database.background((tx) => tx.execute<{ id: string }>(sql`select id from rounds`))).map(
    ({ id }) => id,
  );

test("several replicas begin a due round once, and one that was down begins it late", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await scheduled(database, "p");
  const stop = new AbortController();
  const replicas = Array.from({ length: 4 }, () =>
    runRoundTimers({ database, signals: new Signals() }, 10, stop.signal),
  );
  await until(async () => (await roundIds(database)).length > 0);
  await scheduled(database, "q");
  await until(async () => (await roundIds(database)).length > 1);
  stop.abort();
  await Promise.all(replicas);
  expect(await roundIds(database)).toHaveLength(2);
  const [next] = await database.background((tx) =>
    tx.execute<{ ahead: boolean }>(sql`select bool_and(next_time > now()) as ahead from plan_schedules`),
  );
  expect(next).toEqual({ ahead: true });
});

const continuous = (interval = 1_000) =>
  ({ batching: { mode: "CONTINUOUS", intervalMs: interval, minimumDemands: 1 } }) as const;

async function watching(database: Database, plan: string, since: Date): Promise<void> {
  await database.background(async (tx) => {
    await savePlan(tx, market, plan, 1, { ...testPlan, ...continuous() });
    await saveSchedule(tx, market, plan, since);
  });
}

test("plans without news do not stand before those that are due later", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const longAgo = new Date(overdue.getTime() - 3_600_000);
  for (let n = 0; n < duePlansMax; n++) await watching(database, `idle-${n}`, longAgo);
  await scheduled(database, "p");
  const stop = new AbortController();
  const timers = runRoundTimers({ database, signals: new Signals() }, 60_000, stop.signal);
  await until(async () => (await roundIds(database)).length === 1);
  stop.abort();
  await timers;
});

test("what was under way when a round began, and came after it had looked, is news", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await watching(database, "p", overdue);
  const news = () => database.background((tx) => countNews(tx, market, "p", "want", "tool"));
  const [wrote, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const writing = database.transaction(staffOf(market), async (tx) => {
    const [row] = await tx.execute<{ now: string }>(sql`select now()::text as now`);
    const late = levelOf({ listingId: "late", side: "DEMAND", updateTime: new Date(row!.now) });
    await insertLevels(tx, market, [late]);
    wrote.resolve();
    await release.promise;
  });
  await wrote.promise;
  await database.background((tx) => saveBegun(tx, market, "p", "r", new Date()));
  expect(await news()).toBe(0);
  release.resolve();
  await writing;
  expect(await news()).toBe(1);
  await database.background((tx) => saveHeld(tx, market, "p", "r"));
  expect(await news()).toBe(1);
  // The next round sees it, once nothing is under way that began before; other databases of the server count too.
  await until(async () => {
    await database.background((tx) => saveBegun(tx, market, "p", "r2", new Date()));
    await database.background((tx) => saveHeld(tx, market, "p", "r2"));
    return (await news()) === 0;
  });
});

test("a round that gave up has seen nothing: its demands are news again", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  await watching(database, "p", overdue);
  const { deps } = roundDeps(database, own, {
    scoring: {
      rank: () => {
        throw new Error("broken");
      },
    } as never,
  });
  const stop = new AbortController();
  const [timers, worker] = [runRoundTimers(deps, 10, stop.signal), runRounds(deps, stop.signal)];
  const hurry = sql`update rounds set lease_expire_time = now() - interval '1 second' + lease_shift where lease_owner = ''`;
  await until(async () => {
    await database.background((tx) => tx.execute(hurry));
    return (await roundIds(database)).length > 1;
  });
  stop.abort();
  await Promise.all([timers, worker]);
  const states = await Promise.all((await roundIds(database)).map((id) => stateOf(database, id)));
  expect(states).toContain("FAILED");
});

test("answers that come while a round looks are learned from once", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  for (let at = 1; at <= 3; at++) {
    const plan = `p${at}`;
    await database.background((tx) =>
      tx.execute(sql`
        insert into rounds (market, bucket, id, plan, plan_version, state, revisions, create_time, update_time)
        values (${market}, ${bucketOf(plan)}, ${plan}, ${plan}, 1, 'COMMITTED', '{}', now(), now())`),
    );
    await database.background((tx) =>
      tx.execute(sql`
        insert into offers (market, bucket, id, demand, supply, units, score, answering_party, state, plan, round, decision,
          expire_time, create_time, version)
        values (${market}, ${bucketOf(plan)}, ${plan}, 'd', 's', 1, 1, '', 'MADE', ${plan}, ${plan}, '', now(), now(), 1)`),
    );
    const settle = () =>
      database.background(async (tx) => {
        await tx.execute(sql`update offers set state = 'ACCEPTED', answer_time = now() where id = ${plan}`);
        await tx.execute(sql`update rounds set state = 'SETTLED' where id = ${plan}`);
      });
    const known = await database.background((tx) =>
      readKnowledge(afterStatement(tx, at, settle), market, plan),
    );
    expect(known.answers.length).toBeGreaterThanOrEqual(known.ended.length);
    const learned = { wave: 1, acceptance: {}, demands: [], arrivals: {} } as never;
    await database.background((tx) => saveKnowledge(tx, market, plan, known, learned));
    const later = await database.background((tx) => readKnowledge(tx, market, plan));
    expect(known.answers.length + later.answers.length).toBe(1);
  }
});

/** The transaction, in which something else happens after its nth statement. */
function afterStatement(tx: Tx, nth: number, happens: () => Promise<void>): Tx {
  let statements = 0;
  const execute = async (query: Parameters<Tx["execute"]>[0]) => {
    const rows = await tx.execute(query);
    statements += 1;
    if (statements === nth) await happens();
    return rows;
  };
  return { execute } as unknown as Tx;
}
