import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  Decision_Result,
  Plan_Side,
  Plan_Strategy,
  Plan_UnitMode,
  type Round,
  Round_State,
} from "@marketmesh/contracts/allocation/v1";
import { expect, test } from "vitest";
import { readKnowledge } from "../src/storage/plan-state-store.ts";
import {
  type App,
  createPlan,
  listing,
  market,
  parent,
  refusalOf,
  startAllocation,
  until,
} from "./start-allocation.ts";
import { side, twoByTwo } from "./two-by-two.ts";

const named = (round: string) => `${parent}/rounds/${round}`;
const seconds = (count: number) => durationFromMs(count * 1_000);

async function begin(app: App, roundId: string, more: { dryRun?: boolean } = {}, plan = "p") {
  await app.staff.createRound({ parent, roundId, round: { plan: `${parent}/plans/${plan}`, ...more } });
}

async function reached(app: App, roundId: string, state: Round_State): Promise<Round> {
  let round: Round | undefined;
  await until(async () => {
    round = (await app.staff.getRound({ name: named(roundId) })).round;
    if (round?.state === Round_State.FAILED && state !== round.state) throw new Error(round.failure);
    return round?.state === state;
  });
  return round!;
}

async function run(app: App, roundId: string, more: { dryRun?: boolean } = {}, plan = "p"): Promise<Round> {
  await begin(app, roundId, more, plan);
  let last: Round | undefined;
  for await (const { round } of app.staff.watchRound({ name: named(roundId) })) last = round;
  if (last?.state === Round_State.FAILED) throw new Error(last.failure);
  return last!;
}

async function pairsOf(app: App, roundId: string): Promise<string[]> {
  const { pairs } = await app.staff.listRoundPairs({ name: named(roundId) });
  return pairs.map(({ demand, supply }) => `${demand.split("/").at(-1)}-${supply.split("/").at(-1)}`);
}

test("a dry run solves and takes nothing, waits for nobody and lists its pairs by pages", async () => {
  await using app = await startAllocation();
  await twoByTwo(app);
  await createPlan(app.staff, { strategy: Plan_Strategy.OPTIMAL });
  const round = await run(app, "try", { dryRun: true });
  expect(round).toMatchObject({ state: Round_State.SIMULATED, pairCount: 2n, holdCount: 0n, dryRun: true });
  expect(round.strategy).toBe(Plan_Strategy.OPTIMAL);
  expect(round.certificate).toMatchObject({ primal: 1_500_000, dual: 1_500_000, gap: 0, exact: true });
  const first = await app.staff.listRoundPairs({ name: named("try"), pageSize: 1 });
  const second = await app.staff.listRoundPairs({
    name: named("try"),
    pageSize: 1,
    pageToken: first.nextPageToken,
  });
  expect([...first.pairs, ...second.pairs].map(({ demand, supply }) => [demand, supply])).toEqual([
    [listing("d1"), listing("s2")],
    [listing("d2"), listing("s1")],
  ]);
  expect(second.nextPageToken).toBe("");
  expect((await app.staff.listHolds({ parent })).holds).toEqual([]);
  expect((await app.staff.listDecisions({ parent })).decisions).toEqual([]);
  const { capacityLevel } = await app.staff.getCapacityLevel({ name: `${parent}/capacityLevels/s1` });
  expect(capacityLevel).toMatchObject({ held: 0n, allocated: 0n });
  // The plan is free: the same again in earnest.
  expect(await run(app, "earnest")).toMatchObject({ heldUnits: 2n });
  expect(await pairsOf(app, "earnest")).toEqual(["d1-s2", "d2-s1"]);
  expect(await refusalOf(app.staff.listRoundPairs({ name: named("none") }))).toBe(
    "NOT_FOUND ROUND_NOT_FOUND",
  );
});

test("a round that needs an approval holds nothing until it has it", async () => {
  await using app = await startAllocation();
  await twoByTwo(app);
  await createPlan(app.staff, { approvalRequired: true });
  await begin(app, "r");
  const waiting = await reached(app, "r", Round_State.AWAITING_APPROVAL);
  expect(waiting.approvalExpireTime).toBeDefined();
  expect((await app.staff.listHolds({ parent })).holds).toEqual([]);
  expect(await refusalOf(begin(app, "next"))).toBe("FAILED_PRECONDITION ROUND_RUNNING");
  await app.staff.approveRound({ name: named("r") });
  await app.staff.approveRound({ name: named("r") });
  const round = await reached(app, "r", Round_State.SETTLED);
  expect(round).toMatchObject({ heldUnits: 2n, approver: `${parent}/serviceAccounts/staff` });
  expect(await refusalOf(app.staff.rejectRound({ name: named("r"), reason: "late" }))).toBe(
    "FAILED_PRECONDITION ROUND_NOT_AWAITING",
  );
  await begin(app, "next");
  // With nothing left to approve it goes on by itself.
  expect(await reached(app, "next", Round_State.SETTLED)).toMatchObject({ heldUnits: 0n });
});

test("a rejected round holds nothing, says why, and lets the next one begin", async () => {
  await using app = await startAllocation();
  await twoByTwo(app);
  await createPlan(app.staff, { approvalRequired: true });
  await begin(app, "r");
  await reached(app, "r", Round_State.AWAITING_APPROVAL);
  const reject = { name: named("r"), reason: "not this week" };
  const { round } = await app.staff.rejectRound(reject);
  expect(round).toMatchObject({ state: Round_State.REJECTED, rejection: "not this week" });
  expect((await app.staff.rejectRound(reject)).round?.state).toBe(Round_State.REJECTED);
  expect((await app.staff.listHolds({ parent })).holds).toEqual([]);
  const { decisions } = await app.staff.listDecisions({ parent, round: named("r") });
  expect(decisions.map(({ result }) => result)).toEqual([Decision_Result.REJECTED, Decision_Result.REJECTED]);
  expect(await refusalOf(app.staff.approveRound({ name: named("r") }))).toBe(
    "FAILED_PRECONDITION ROUND_NOT_AWAITING",
  );
  expect(await refusalOf(app.staff.approveRound({ name: named("none") }))).toBe("NOT_FOUND ROUND_NOT_FOUND");
  await begin(app, "again");
  await reached(app, "again", Round_State.AWAITING_APPROVAL);
});

test("an approval that nobody gives in time is a rejection, by the market clock", async () => {
  await using app = await startAllocation();
  const time = (at: number) => ({ seconds: 1_770_000_000n + BigInt(at), nanos: 0 });
  await app.staff.createClock({ parent, clock: { mode: 2, time: time(0) } });
  await twoByTwo(app);
  await createPlan(app.staff, { approvalRequired: true, approvalWindow: seconds(60) });
  await begin(app, "r");
  await reached(app, "r", Round_State.AWAITING_APPROVAL);
  await app.staff.advanceClock({ name: `${parent}/clock`, time: time(59) });
  expect(await reached(app, "r", Round_State.AWAITING_APPROVAL)).toMatchObject({ rejection: "" });
  await app.staff.advanceClock({ name: `${parent}/clock`, time: time(60) });
  const { round } = await app.staff.getRound({ name: named("r") });
  expect(round).toMatchObject({ state: Round_State.REJECTED, approver: "" });
  expect(round?.rejection).toContain("in time");
});

test("an approval of a real market runs out by itself", async () => {
  await using app = await startAllocation({ ALLOCATION_ROUND_TIMERS_POLL_MS: "20" });
  await twoByTwo(app);
  await createPlan(app.staff, { approvalRequired: true, approvalWindow: seconds(1) });
  await begin(app, "r");
  await reached(app, "r", Round_State.REJECTED);
  expect((await app.staff.listHolds({ parent })).holds).toEqual([]);
});

test.each([
  { strategy: Plan_Strategy.GREEDY, pairs: ["d1-s1", "d2-s2"] },
  { strategy: Plan_Strategy.PER_DEMAND_GREEDY, pairs: ["d1-s1", "d2-s2"] },
  { strategy: Plan_Strategy.OPTIMAL, pairs: ["d1-s2", "d2-s1"] },
])("strategy $strategy decides rounds as its name says", async ({ strategy, pairs }) => {
  await using app = await startAllocation();
  await twoByTwo(app);
  await createPlan(app.staff, { strategy });
  expect(await run(app, "r")).toMatchObject({ strategy });
  expect(await pairsOf(app, "r")).toEqual(pairs);
});

test("groups have their share, parties their limit; what is excluded stays out, what is pinned comes first", async () => {
  await using app = await startAllocation();
  app.world.demandScore = (demand, supply) =>
    1_000_000 - 1_000 * Number(`${demand}${supply}`.replace(/\D/g, ""));
  const demands = ["north", "north", "south", "south"].map((region, n) => ({
    ...{ id: `d${n + 1}`, side: "DEMAND" as const, groups: { region } },
  }));
  const supplies = ["ann", "ann", "bob", "cid"].map((owner, n) => ({
    ...{ id: `s${n + 1}`, side: "SUPPLY" as const, owner },
  }));
  await app.list(...demands, ...supplies);
  const limits = {
    groups: [{ grouping: "supply/owner", unitsMax: 1 }],
    exclusions: [{ demand: listing("d1"), supply: listing("s1") }],
    pins: [{ demand: listing("d4"), supply: listing("s4") }],
  };
  // s4 is not among the three best: a pin ranks it all the same.
  await createPlan(app.staff, { strategy: Plan_Strategy.GREEDY, limits, topK: 3 });
  await run(app, "limited", { dryRun: true });
  const limited = await pairsOf(app, "limited");
  expect(limited).toContain("d4-s4");
  expect(limited).not.toContain("d1-s1");
  expect(limited.filter((pair) => /-s[12]$/.test(pair))).toHaveLength(1);
  expect(limited).toHaveLength(3);

  const shares = [{ grouping: "demand/region", value: "south", unitsMin: 2, unitsMax: 2 }];
  await createPlan(app.staff, { strategy: Plan_Strategy.FAIR, shares }, "fair");
  await app.staff.adjustCapacity({ listing: listing("s1"), delta: -1n, reason: "gone" });
  await app.staff.adjustCapacity({ listing: listing("s2"), delta: -1n, reason: "gone" });
  await run(app, "fair-round", { dryRun: true }, "fair");
  const fair = (await pairsOf(app, "fair-round")).map((pair) => pair.slice(0, 2));
  expect(fair.sort()).toEqual(["d3", "d4"]);
});

test("a lottery draws the same for the same round, and not the same for all", async () => {
  await using app = await startAllocation();
  await app.list(...side("d", 6, "DEMAND"), { id: "s1", side: "SUPPLY" });
  await createPlan(app.staff, { strategy: Plan_Strategy.LOTTERY, seed: 42n });
  const winners: string[] = [];
  for (const id of ["a", "b", "c", "d", "e", "f"]) {
    const round = await run(app, id, { dryRun: true });
    expect(round.seed).not.toBe(0n);
    winners.push((await pairsOf(app, id))[0]!);
  }
  expect(new Set(winners).size).toBeGreaterThan(1);
});

test("EXPECTED learns from the answers to its offers", async () => {
  await using app = await startAllocation();
  app.world.demandScore = (demand, supply) =>
    1_000_000 - 1_000 * Number(`${demand}${supply}`.replace(/\D/g, ""));
  await app.list(
    ...side("d", 3, "DEMAND"),
    ...side("s", 6, "SUPPLY").map((row) => ({ ...row, owner: row.id })),
  );
  await createPlan(app.staff, { strategy: Plan_Strategy.EXPECTED, answeredBy: Plan_Side.SUPPLY });
  expect((await run(app, "w1")).stateVersion).toBe(0n);
  const { offers } = await app.staff.listOffers({ parent, round: named("w1") });
  expect(offers.length).toBeGreaterThan(0);
  for (const { name } of offers) await app.staff.declineOffer({ name });
  await reached(app, "w1", Round_State.SETTLED);
  expect((await run(app, "w2")).stateVersion).toBe(1n);
  const [state] = await app.database.background((tx) =>
    tx.execute<{ version: string }>("select version from plan_states"),
  );
  expect(state?.version).toBe("2");
  const asked = await pairsOf(app, "w2");
  expect(asked.length).toBeGreaterThan(0);
  expect(
    asked.filter((pair) => offers.some(({ demand, supply }) => `${demand}-${supply}`.includes(pair))),
  ).toEqual([]);
});

test("EXPECTED asks a few at a time where its plan says how many rounds it has, and carries what it found out", async () => {
  await using app = await startAllocation();
  await app.list(
    ...side("d", 3, "DEMAND"),
    ...side("s", 6, "SUPPLY").map((row) => ({ ...row, owner: row.id })),
  );
  const plan = { strategy: Plan_Strategy.EXPECTED, answeredBy: Plan_Side.SUPPLY, plannedRounds: 60 };
  const { plan: written } = await createPlan(app.staff, plan);
  expect(written?.plannedRounds).toBe(60);
  await run(app, "w1");
  const { offers } = await app.staff.listOffers({ parent, round: named("w1") });
  expect(offers.length).toBe(1);
  for (const { name } of offers) await app.staff.declineOffer({ name });
  await reached(app, "w1", Round_State.SETTLED);
  const { learned } = await app.database.background((tx) => readKnowledge(tx, market, "p"));
  expect(learned).toMatchObject({ wave: 1, planned: { rounds: 60, from: 0 } });
  const pairs = learned!.carried!.demands.flatMap(({ supplies }) => supplies).length;
  expect(pairs).toBe(3 * 6 - 1);
  await run(app, "w2");
  expect(await pairsOf(app, "w2")).toHaveLength(1);
});

test.each([
  { plan: { strategy: Plan_Strategy.FAIR }, field: "plan.shares" },
  { plan: { strategy: Plan_Strategy.OPTIMAL, plannedRounds: 3 }, field: "plan.planned_rounds" },
  { plan: { strategy: Plan_Strategy.EXPECTED }, field: "plan.answered_by" },
  { plan: { strategy: Plan_Strategy.FAIR, unitMode: Plan_UnitMode.WHOLE }, field: "plan.strategy" },
  { plan: { approvalWindow: seconds(5) }, field: "plan.approval_window" },
  { plan: { batching: { mode: 2 } }, field: "plan.batching.interval" },
  { plan: { batching: { interval: seconds(5) } }, field: "plan.batching.interval" },
  { plan: { batching: { mode: 2, interval: seconds(5), minimumDemands: 2 } }, field: "minimum_demands" },
  { plan: { batching: { mode: 2, interval: seconds(5), maximumWait: seconds(9) } }, field: "maximum_wait" },
])("a plan with a flaw is refused by its field: $field", async ({ plan, field }) => {
  await using app = await flawed();
  const failure = await createPlan(app.staff, plan as never).catch((error: Error) => error);
  expect(await refusalOf(Promise.reject(failure))).toBe("INVALID_ARGUMENT PLAN_INVALID");
  expect(JSON.stringify(failure)).toContain(field);
});

let shared: Promise<App> | undefined;
/** One service for cases that only ask. */
async function flawed(): Promise<{ staff: App["staff"] } & AsyncDisposable> {
  shared ??= startAllocation();
  const { staff } = await shared;
  return { staff, async [Symbol.asyncDispose]() {} };
}

test("a plan comes back as it was written, and the same again is no new version", async () => {
  await using app = await startAllocation();
  const plan = {
    strategy: Plan_Strategy.FAIR,
    objective: {
      demandQuality: 500_000,
      fillBonus: 10,
      groupBonuses: [{ grouping: "demand/region", value: "n", bonus: -5 }],
    },
    limits: {
      groups: [{ grouping: "supply/owner", unitsMax: 3 }],
      exclusions: [{ demand: listing("d"), supply: listing("s") }],
    },
    batching: { mode: 3, interval: seconds(30), minimumDemands: 5, maximumWait: seconds(300) },
    approvalRequired: true,
    approvalWindow: seconds(3_600),
    seed: 9n,
    shares: [{ grouping: "demand/region", value: "n", unitsMin: 1 }],
  };
  const { plan: written } = await createPlan(app.staff, plan as never);
  expect(written).toMatchObject(plan);
  const { plan: again } = await app.staff.updatePlan({ plan: written! });
  expect(again?.version).toBe(1n);
  const { plan: changed } = await app.staff.updatePlan({
    plan: { ...written!, approvalRequired: false, approvalWindow: undefined },
  });
  expect(changed).toMatchObject({ version: 2n, approvalRequired: false });
});
