import { Code, ConnectError } from "@connectrpc/connect";
import { encodeRevision } from "@marketmesh/contracts";
import type { Database } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { commitRound } from "../src/rounds/commit-round.ts";
import { runRounds } from "../src/rounds/round-worker.ts";
import { solveRound } from "../src/rounds/solve-round.ts";
import { takeSnapshot } from "../src/rounds/take-snapshot.ts";
import { insertLevels } from "../src/storage/capacity-store.ts";
import { insertRound, LeaseLostError, readRound } from "../src/storage/round-store.ts";
import { openTestDatabase, staffOf } from "../src/testing/database.ts";
import { levelOf } from "../src/testing/levels.ts";
import { beginRound, lease, type Ranking, roundDeps } from "./in-process.ts";
import { until } from "./start-allocation.ts";

const market = "bazaar";
const pairs = 10;
const own: Ranking = (demand) => [{ ordinal: Number(demand.slice(1)), score: 100 - Number(demand.slice(1)) }];
const running = new AbortController().signal;

async function seed(database: Database): Promise<void> {
  const ids = Array.from({ length: pairs }, (_, n) => n);
  const levels = ids.flatMap((n) => [
    levelOf({ listingId: `s${n}`, ordinal: n }),
    levelOf({ listingId: `d${n}`, ordinal: n, side: "DEMAND" }),
  ]);
  await database.transaction(staffOf(market), (tx) => insertLevels(tx, market, levels));
  await beginRound(database, market);
}

/** A worker that finds the round after the first one is gone. */
async function resume(database: Database, ranking: Ranking, pairsPerCommit = 3) {
  await database.background((tx) =>
    tx.execute(sql`update rounds set lease_expire_time = now() - interval '1 second'`),
  );
  const { deps, calls } = roundDeps(database, ranking, { pairsPerCommit });
  const stop = new AbortController();
  const worker = runRounds(deps, stop.signal);
  await until(async () => (await stateOf(database)) === "COMMITTED");
  stop.abort();
  await worker;
  return calls;
}

async function stateOf(database: Database, round = "r") {
  return (await database.background((tx) => readRound(tx, market, round)))?.state;
}

async function heldPairs(database: Database) {
  const rows = await database.background((tx) =>
    tx.execute<{ demand: string; supply: string }>(sql`select demand, supply from holds order by demand`),
  );
  return rows.map(({ demand, supply }) => `${demand}-${supply}`);
}

const expected = Array.from({ length: pairs }, (_, n) => `d${n}-s${n}`);

test("killed between SOLVED and COMMITTED: the next worker commits what was solved and decides nothing", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const { deps } = roundDeps(database, own);
  const leased = await lease(database, "first");
  const solving = await takeSnapshot(deps, leased, running);
  await solveRound(deps, { ...leased, round: solving }, running);
  const calls = await resume(database, () => []);
  expect(calls).toEqual({ filter: 0, rank: 0 });
  expect(await heldPairs(database)).toEqual(expected);
});

test("killed in the middle of committing: every pair is held once", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const { deps } = roundDeps(database, own, { pairsPerCommit: 4 });
  const leased = await lease(database, "first");
  const solving = await takeSnapshot(deps, leased, running);
  const solved = await solveRound(deps, { ...leased, round: solving }, running);
  const kill = new AbortController();
  // A transaction is all or nothing, so a kill is seen between two of them or not at all.
  deps.signals.tell = () => kill.abort();
  await expect(commitRound(deps, { ...leased, round: solved }, kill.signal)).rejects.toThrow();
  expect(await heldPairs(database)).toHaveLength(4);
  await resume(database, () => []);
  expect(await heldPairs(database)).toEqual(expected);
  const round = await database.background((tx) => readRound(tx, market, "r"));
  expect(round).toMatchObject({ holdCount: pairs, heldUnits: pairs, pairsCommitted: pairs });
});

test("killed while solving: the snapshot stays, whatever changed since", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const { deps } = roundDeps(database, own);
  const leased = await lease(database, "first");
  await takeSnapshot(deps, leased, running);
  const late = levelOf({ listingId: "d10", ordinal: 10, side: "DEMAND" });
  await database.transaction(staffOf(market), (tx) => insertLevels(tx, market, [late]));
  await resume(database, own);
  expect(await heldPairs(database)).toEqual(expected);
});

test("a worker that comes back late finds its lease gone and changes nothing", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const { deps } = roundDeps(database, own);
  const leased = await lease(database, "first");
  const solving = await takeSnapshot(deps, leased, running);
  const solved = await solveRound(deps, { ...leased, round: solving }, running);
  await resume(database, () => []);
  await expect(commitRound(deps, { ...leased, round: solved }, running)).rejects.toThrow(LeaseLostError);
  expect(await heldPairs(database)).toEqual(expected);
});

test("supplies that are lost after solving are skipped, and the decisions say so", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const { deps } = roundDeps(database, own);
  const leased = await lease(database, "first");
  const solving = await takeSnapshot(deps, leased, running);
  await solveRound(deps, { ...leased, round: solving }, running);
  await database.background((tx) =>
    tx.execute(sql`update capacity_levels set open = false where listing_id = 's3'`),
  );
  await resume(database, () => []);
  expect(await heldPairs(database)).toEqual(expected.filter((pair) => pair !== "d3-s3"));
  const [row] = await database.background((tx) =>
    tx.execute<{ result: string; lost_because: string }>(sql`
      select d.result, p.lost_because from decisions d join round_pairs p on p.decision = d.id where d.demand = 'd3'`),
  );
  expect(row).toEqual({ result: "OUTRANKED", lost_because: "LISTING_NOT_OPEN" });
});

test("a round whose neighbours stay away gives up, holds nothing and lets the next one begin", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  await database.background((tx) => tx.execute(sql`update rounds set attempts = 4`));
  const away = {
    batchListEligible: () => {
      throw new Error("away");
    },
  };
  const { deps } = roundDeps(database, own, { eligibility: away as never });
  const leased = await lease(database, "first");
  await takeSnapshot(deps, leased, running);
  await database.background((tx) =>
    tx.execute(sql`update rounds set attempts = 4, lease_expire_time = '-infinity'`),
  );
  const stop = new AbortController();
  const worker = runRounds(deps, stop.signal);
  await until(async () => (await stateOf(database)) === "FAILED");
  stop.abort();
  await worker;
  expect(await heldPairs(database)).toEqual([]);
  const [plan] = await database.background((tx) => tx.execute(sql`select active_round from plans`));
  expect(plan).toEqual({ active_round: "" });
});

test("a round waits for a neighbour that is away, and waiting is no attempt", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const { deps } = roundDeps(database, own);
  let asked = 0;
  const restarted = {
    batchListEligible: (request: never) => {
      asked += 1;
      if (asked <= 2) throw new ConnectError("restarting", Code.Unavailable);
      return deps.eligibility.batchListEligible(request);
    },
  };
  await database.background((tx) => tx.execute(sql`update rounds set attempts = 4`));
  const stop = new AbortController();
  const worker = runRounds({ ...deps, eligibility: restarted as never }, stop.signal);
  await until(async () => (await stateOf(database)) === "COMMITTED");
  stop.abort();
  await worker;
  expect(await heldPairs(database)).toEqual(expected);
});

test("a step that takes longer than the lease keeps it", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  // Long enough for a busy machine, which stands still for a second now and then.
  const { deps, calls } = roundDeps(database, own, { leaseMs: 3_000 });
  const slow = {
    async *batchListEligible(request: never) {
      const leased = () =>
        database.background((tx) =>
          tx.execute(sql`select lease_expire_time > now() + interval '2 seconds' as renewed,
            now() > create_time + interval '4 seconds' as later from rounds`),
        );
      await until(async () => {
        const [row] = await leased();
        return row?.renewed === true && row.later === true;
      });
      yield* deps.eligibility.batchListEligible(request);
    },
  };
  const stop = new AbortController();
  const first = runRounds({ ...deps, eligibility: slow as never }, stop.signal);
  const second = runRounds({ ...deps, eligibility: slow as never }, stop.signal);
  await until(async () => (await stateOf(database)) === "COMMITTED");
  stop.abort();
  await Promise.all([first, second]);
  expect(calls.filter).toBe(1);
  expect(await heldPairs(database)).toEqual(expected);
});

test("a round that waits for its revisions holds up no other round, and waiting is no attempt", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await seed(database);
  const revision = encodeRevision({ of: "listing", ordinal: 0, listingId: "d0", version: 2n, feedEpoch: 1n });
  await database.background(async (tx) => {
    const waiting = { id: "waits", plan: "p", planVersion: 1, revisions: [revision], traceparent: "" };
    await insertRound(tx, market, waiting);
    await tx.execute(sql`update rounds set create_time = now() - interval '5 seconds' where id = 'waits'`);
  });
  const { deps } = roundDeps(database, own);
  const stop = new AbortController();
  const worker = runRounds(deps, stop.signal);
  await until(async () => (await stateOf(database)) === "COMMITTED");
  expect(await stateOf(database, "waits")).toBe("PENDING");
  await database.background((tx) =>
    tx.execute(sql`update capacity_levels set listing_version = 2 where listing_id = 'd0'`),
  );
  await until(async () => (await stateOf(database, "waits")) === "COMMITTED");
  stop.abort();
  await worker;
});
