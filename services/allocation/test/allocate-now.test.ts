import { encodeRevision } from "@marketmesh/contracts";
import { Decision_Result, Hold_State, Plan_Side, Plan_UnitMode } from "@marketmesh/contracts/allocation/v1";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createPlan, listing, market, parent, refusalOf, startAllocation } from "./start-allocation.ts";

const plan = `${parent}/plans/p`;
const byNumber = (_: string, supply: string) => 1_000 - Number(supply.replace(/\D/g, ""));
const supplies = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `s${n}`, side: "SUPPLY" as const, owner: `seller${n}` }));
const demands = (count: number, units = 1) =>
  Array.from({ length: count }, (_, n) => ({
    id: `d${n}`,
    side: "DEMAND" as const,
    owner: `buyer${n}`,
    units,
  }));

test("a batch is decided in the order asked, with one question to each neighbour", async () => {
  await using app = await startAllocation();
  app.world.demandScore = byNumber;
  await app.list(...supplies(3), ...demands(4));
  await createPlan(app.staff);
  const order = ["d2", "d0", "d3", "d1"];
  const { decisions } = await app.staff.batchAllocateNow({ plan, demands: order.map(listing) });
  expect(decisions.map(({ outcomes }) => outcomes[0]?.supply ?? "")).toEqual([
    listing("s0"),
    listing("s1"),
    listing("s2"),
    "",
  ]);
  expect(decisions.map(({ result }) => result).slice(2)).toEqual([
    Decision_Result.HELD,
    Decision_Result.EXHAUSTED,
  ]);
  expect(app.world.calls).toEqual({ batchListEligible: 1, rank: 1 });
  const twice = { plan, demands: [listing("d0"), listing("d0")] };
  expect(await refusalOf(app.staff.batchAllocateNow(twice))).toBe("INVALID_ARGUMENT DEMAND_REPEATED");
});

test("64 buyers race for one unique item: one gets it, the others their next best or nothing", async () => {
  await using app = await startAllocation();
  app.world.demandScore = byNumber;
  await app.list(...supplies(40), ...demands(64));
  await createPlan(app.staff);
  const decisions = await Promise.all(
    Array.from({ length: 64 }, (_, n) => app.staff.allocateNow({ plan, demand: listing(`d${n}`) })),
  );
  const got = decisions.flatMap(({ decision }) => decision!.outcomes.map(({ supply }) => supply));
  expect(got.filter((supply) => supply === listing("s0"))).toHaveLength(1);
  expect(new Set(got).size).toBe(40);
  expect(got).toHaveLength(40);
  const rest = decisions.filter(({ decision }) => decision!.outcomes.length === 0);
  expect(rest.every(({ decision }) => decision!.result === Decision_Result.EXHAUSTED)).toBe(true);
});

test("pages on when the best k are used up", async () => {
  await using app = await startAllocation();
  app.world.demandScore = byNumber;
  const groups = { sector: "health" };
  const exclusive = supplies(30).map((supply) => ({ ...supply, units: 9, exclusiveGroup: "sector" }));
  await app.list(...exclusive, ...demands(2).map((demand) => ({ ...demand, units: 25, groups })));
  await createPlan(app.staff, { topK: 10 });
  const first = await app.staff.allocateNow({ plan, demand: listing("d0") });
  expect(first.decision!.outcomes).toHaveLength(25);
  const second = await app.staff.allocateNow({ plan, demand: listing("d1") });
  expect(second.decision).toMatchObject({ result: Decision_Result.PARTLY_HELD, openUnits: 25n });
  expect(second.decision!.outcomes.map(({ supply }) => supply)).toEqual(
    ["s25", "s26", "s27", "s28", "s29"].map(listing),
  );
});

test("judges again when a model changed between two pages, and says so when that does not end", async () => {
  await using app = await startAllocation();
  const exclusive = supplies(30).map((supply) => ({ ...supply, units: 9, exclusiveGroup: "sector" }));
  await app.list(...exclusive, ...demands(3, 25));
  await createPlan(app.staff, { topK: 10 });
  app.world.beforeRank = async () => {
    if (app.world.calls.rank === 2) app.world.statisticsVersion++;
  };
  const { decision } = await app.staff.allocateNow({ plan, demand: listing("d0") });
  expect(decision).toMatchObject({ result: Decision_Result.HELD, statisticsVersion: 1n });
  expect(app.world.calls).toEqual({ batchListEligible: 2, rank: 4 });
  app.world.beforeRank = async () => {
    app.world.statisticsVersion++;
  };
  expect(await refusalOf(app.staff.allocateNow({ plan, demand: listing("d1") }))).toBe(
    "ABORTED DECISION_CONTENDED",
  );
});

test("all pieces come from one stock when the plan says so", async () => {
  await using app = await startAllocation();
  app.world.demandScore = byNumber;
  await app.list(
    { id: "s0", side: "SUPPLY", units: 2 },
    { id: "s1", side: "SUPPLY", units: 5 },
    ...demands(2, 3),
  );
  await createPlan(app.staff, { unitMode: Plan_UnitMode.WHOLE });
  const { decisions } = await app.staff.batchAllocateNow({ plan, demands: [listing("d0"), listing("d1")] });
  expect(decisions[0]!.outcomes).toMatchObject([{ supply: listing("s1"), units: 3n }]);
  expect(decisions[1]!.result).toBe(Decision_Result.EXHAUSTED);
});

test("a request id gives the first decision again; a declined supply is not offered again", async () => {
  await using app = await startAllocation();
  app.world.demandScore = byNumber;
  await app.list(...supplies(2), ...demands(1));
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY });
  const request = { plan, demand: listing("d0"), requestId: "r1" };
  const { decision } = await app.staff.allocateNow(request);
  app.world.beforeRank = () => Promise.reject(new Error("scoring is away"));
  expect((await app.staff.allocateNow(request)).decision).toEqual(decision);
  expect(app.world.calls).toEqual({ batchListEligible: 1, rank: 1 });
  app.world.beforeRank = async () => {};
  const other = { ...request, demand: listing("nobody") };
  expect(await refusalOf(app.staff.allocateNow(other))).toBe("INVALID_ARGUMENT REQUEST_ID_REUSED");
  await app.staff.declineOffer({ name: decision!.outcomes[0]!.hold.replace("/holds/", "/offers/") });
  const next = await app.staff.allocateNow({ plan, demand: listing("d0") });
  expect(next.decision!.outcomes.map(({ supply }) => supply)).toEqual([listing("s1")]);
  const { holds } = await app.staff.listHolds({ parent, state: Hold_State.RELEASED });
  expect(holds.map(({ supply }) => supply)).toEqual([listing("s0")]);
});

test("a buyer decides its own demand and nobody else's", async () => {
  await using app = await startAllocation();
  await app.list(...supplies(2), ...demands(2));
  await createPlan(app.staff);
  const buyer = await app.as({ market, party: "buyer0", principal: `${parent}/parties/buyer0` });
  const { decision } = await buyer.allocateNow({ plan, demand: listing("d0") });
  expect(decision!.result).toBe(Decision_Result.HELD);
  for (const demand of ["d1", "never-was"]) {
    expect(await refusalOf(buyer.allocateNow({ plan, demand: listing(demand) }))).toBe(
      "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE",
    );
  }
});

test("waits for the revision it must reflect, and says so when it does not come", async () => {
  await using app = await startAllocation();
  await app.list(...supplies(1));
  await createPlan(app.staff);
  const revision = (version: bigint) =>
    encodeRevision({ of: "listing", ordinal: 0, listingId: "d0", version, feedEpoch: 1n });
  const early = app.staff.allocateNow({ plan, demand: listing("d0"), revisions: [revision(1n)] });
  await app.announceListings(market, demands(1));
  expect((await early).decision!.result).toBe(Decision_Result.HELD);
  const never = { plan, demand: listing("d0"), revisions: [revision(9n)] };
  const refusalWithin = (timeoutMs: number) => refusalOf(app.staff.allocateNow(never, { timeoutMs }));
  // What is kept of the time for the answer is little on a busy machine.
  let refusal = await refusalWithin(1_000);
  for (const timeoutMs of [5_000, 25_000])
    if (refusal.startsWith("DEADLINE_EXCEEDED")) refusal = await refusalWithin(timeoutMs);
  expect(refusal).toBe("UNAVAILABLE NOT_CAUGHT_UP");
  const text = { ...never, revisions: ["?"] };
  expect(await refusalOf(app.staff.allocateNow(text))).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
});

test("an import's revision is reflected also after the inbox was purged", async () => {
  await using app = await startAllocation();
  await app.list(...supplies(1), ...demands(1));
  await createPlan(app.staff);
  const [last] = await app.database.background((tx) =>
    tx.execute<{ feed_epoch: string; feed_seq: string }>(
      sql`delete from marketmesh.inbox where feed = 'listing' returning feed_epoch, feed_seq`,
    ),
  );
  const position = { feedEpoch: BigInt(last!.feed_epoch), feedSeq: 2n };
  const revisions = [encodeRevision({ of: "feed", ...position })];
  const { decision } = await app.staff.allocateNow({ plan, demand: listing("d0"), revisions });
  expect(decision!.result).toBe(Decision_Result.HELD);
});

test("calls that come together are asked and decided together, each by itself", async () => {
  await using app = await startAllocation();
  const count = 40;
  const ids = Array.from({ length: count }, (_, n) => n);
  app.world.demandScore = (demand, supply) => (demand.slice(1) === supply.slice(1) ? 2 : 1);
  await app.list(
    ...ids.map((n) => ({ id: `d${n}`, side: "DEMAND" as const })),
    ...ids.map((n) => ({ id: `s${n}`, side: "SUPPLY" as const })),
  );
  await createPlan(app.staff);
  const plan = `${parent}/plans/p`;
  const calls = [...ids.map((n) => listing(`d${n}`)), listing("nobody")];
  const answers = await Promise.all(
    calls.map((demand, n) =>
      app.staff.allocateNow({ plan, demand, requestId: n % 2 === 0 ? `00000000-0000-4000-8000-${n}` : "" }),
    ),
  );
  const taken = answers.map(({ decision }) => decision!.outcomes.map(({ supply }) => supply));
  expect(taken).toEqual([...ids.map((n) => [listing(`s${n}`)]), []]);
  expect(app.world.calls.batchListEligible).toBeLessThan(count / 2);
  const again = await app.staff.allocateNow({
    plan,
    demand: calls[0]!,
    requestId: "00000000-0000-4000-8000-0",
  });
  expect(again.decision?.name).toBe(answers[0]!.decision?.name);
  expect(await refusalOf(app.staff.allocateNow({ plan: `${parent}/plans/none`, demand: calls[0]! }))).toBe(
    "NOT_FOUND PLAN_NOT_FOUND",
  );
});

test("a pair that the plan excludes is not given now either", async () => {
  await using app = await startAllocation();
  app.world.demandScore = (_, supply) => (supply === "s1" ? 2 : 1);
  await app.list({ id: "d1", side: "DEMAND" }, { id: "s1", side: "SUPPLY" }, { id: "s2", side: "SUPPLY" });
  const exclusions = [{ demand: listing("d1"), supply: listing("s1") }];
  await createPlan(app.staff, { limits: { exclusions } });
  const { decision } = await app.staff.allocateNow({ plan: `${parent}/plans/p`, demand: listing("d1") });
  expect(decision?.outcomes.map(({ supply }) => supply)).toEqual([listing("s2")]);
});
