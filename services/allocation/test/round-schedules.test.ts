import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Round_State, Round_Trigger } from "@marketmesh/contracts/allocation/v1";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { type App, createPlan, parent, startAllocation, until } from "./start-allocation.ts";
import { twoByTwo } from "./two-by-two.ts";

const seconds = (count: number) => durationFromMs(count * 1_000);

test("a schedule that was there before its market had a sandbox clock goes by that clock", async () => {
  await using app = await startAllocation();
  await twoByTwo(app);
  await createPlan(app.staff, { batching: { mode: 2, interval: seconds(60) } });
  const time = (at: number) => ({ seconds: 1_570_000_000n + BigInt(at), nanos: 0 });
  await app.staff.createClock({ parent, clock: { mode: 2, time: time(0) } });
  const advance = (at: number) => app.staff.advanceClock({ name: `${parent}/clock`, time: time(at) });
  await advance(59);
  expect((await app.staff.listRounds({ parent })).rounds).toEqual([]);
  await advance(61);
  expect((await app.staff.listRounds({ parent })).rounds).toMatchObject([{ dueTime: time(60) }]);
});

test("a scheduled round begins each interval of the market clock, once", async () => {
  await using app = await startAllocation();
  const time = (at: number) => ({ seconds: 1_770_000_000n + BigInt(at), nanos: 0 });
  await app.staff.createClock({ parent, clock: { mode: 2, time: time(0) } });
  await twoByTwo(app);
  await createPlan(app.staff, { batching: { mode: 2, interval: seconds(60) } });
  const advance = (at: number) => app.staff.advanceClock({ name: `${parent}/clock`, time: time(at) });
  await advance(59);
  expect((await app.staff.listRounds({ parent })).rounds).toEqual([]);
  await advance(200);
  const { rounds } = await app.staff.listRounds({ parent });
  expect(rounds).toHaveLength(1);
  expect(rounds[0]).toMatchObject({ trigger: Round_Trigger.SCHEDULE, dueTime: time(180) });
  await until(async () => {
    const { round } = await app.staff.getRound({ name: rounds[0]!.name });
    return round?.state === Round_State.SETTLED;
  });
  await advance(239);
  expect((await app.staff.listRounds({ parent })).rounds).toHaveLength(1);
  await advance(240);
  expect((await app.staff.listRounds({ parent })).rounds).toHaveLength(2);
});

/** Waits for what is under way now in any database of the server: what a round sees beside older transactions it looks at again. */
async function nothingOlder({ database }: App): Promise<void> {
  const mine = await database.background(async (tx) => {
    const [row] = await tx.execute<{ xid: string }>(sql`select pg_current_xact_id()::text as xid`);
    return row!.xid;
  });
  await until(async () => {
    const [row] = await database.background((tx) =>
      tx.execute<{ over: boolean }>(
        sql`select pg_snapshot_xmin(pg_current_snapshot()) > ${mine}::text::xid8 as over`,
      ),
    );
    return row!.over;
  });
}

test("a continuous plan begins a round with enough news, or with less after its wait, and is quiet without any", async () => {
  await using app = await startAllocation({ ALLOCATION_ROUND_TIMERS_POLL_MS: "20" });
  const time = (at: number) => ({ seconds: 1_770_000_000n + BigInt(at), nanos: 0 });
  await app.staff.createClock({ parent, clock: { mode: 2, time: time(0) } });
  const batching = { mode: 3, interval: seconds(1), minimumDemands: 2, maximumWait: seconds(100) };
  await createPlan(app.staff, { batching });
  const settled = async () => {
    const { rounds } = await app.staff.listRounds({ parent });
    return rounds.filter(({ state }) => state === Round_State.SETTLED).length;
  };
  const advance = (at: number) => app.staff.advanceClock({ name: `${parent}/clock`, time: time(at) });
  await app.list({ id: "d1", side: "DEMAND" });
  await advance(10);
  expect(await settled()).toBe(0);
  await app.list({ id: "d2", side: "DEMAND" });
  await nothingOlder(app);
  await advance(20);
  await until(async () => (await settled()) === 1);
  // Both were seen and nothing is new since.
  await advance(400);
  await advance(500);
  expect((await app.staff.listRounds({ parent })).rounds).toHaveLength(1);
  // One supply is news for both.
  await app.list({ id: "s1", side: "SUPPLY" });
  await advance(501);
  await until(async () => (await settled()) === 2);
  expect((await app.staff.listAllocations({ parent })).allocations).toHaveLength(1);
  // One demand alone waits for company, a hundred seconds.
  await app.list({ id: "d3", side: "DEMAND" });
  await advance(600);
  expect((await app.staff.listRounds({ parent })).rounds).toHaveLength(2);
  await advance(700);
  await until(async () => (await settled()) === 3);
});
