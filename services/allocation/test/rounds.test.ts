import {
  Decision_Result,
  Offer_State,
  OfferAnswer_Answer,
  Plan_Side,
  Round_State,
} from "@marketmesh/contracts/allocation/v1";
import { expect, test } from "vitest";
import {
  type App,
  createPlan,
  listing,
  parent,
  refusalOf,
  startAllocation,
  until,
} from "./start-allocation.ts";

const wave = (round: string) => `${parent}/rounds/${round}`;

async function runRound(app: App, roundId: string, plan = "p") {
  await app.staff.createRound({ parent, roundId, round: { plan: `${parent}/plans/${plan}` } });
  for await (const { round } of app.staff.watchRound({ name: wave(roundId) })) {
    if (round?.state === Round_State.FAILED) throw new Error(round.failure);
  }
}

async function offersOf(app: App, roundId: string) {
  const { offers } = await app.staff.listOffers({ parent, round: wave(roundId) });
  return offers;
}

test("waves go on until the demand is filled or nobody is left", async () => {
  await using app = await startAllocation();
  app.world.demandScore = (_, supply) => 100 - Number(supply.slice(1));
  await app.list(
    { id: "job", side: "DEMAND", units: 2 },
    ...["s1", "s2", "s3"].map((id) => ({ id, side: "SUPPLY" as const, owner: id })),
  );
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY });

  await runRound(app, "w1");
  const first = await offersOf(app, "w1");
  expect(first.map(({ supply }) => supply).sort()).toEqual([listing("s1"), listing("s2")]);
  const answers = first.map(({ name, supply }) => ({
    offer: name,
    answer: supply === listing("s1") ? OfferAnswer_Answer.ACCEPT : OfferAnswer_Answer.DECLINE,
  }));
  const { offers: answered } = await app.staff.batchAnswerOffers({ parent, answers });
  expect(answered.map(({ reason }) => reason)).toEqual(["", ""]);
  await until(
    async () => (await app.staff.getRound({ name: wave("w1") })).round?.state === Round_State.SETTLED,
  );

  await runRound(app, "w2");
  const second = await offersOf(app, "w2");
  expect(second.map(({ supply }) => supply)).toEqual([listing("s3")]);
  await app.staff.declineOffer({ name: second[0]!.name });

  await runRound(app, "w3");
  const { decisions } = await app.staff.listDecisions({ parent, round: wave("w3") });
  expect(decisions.map(({ result }) => result)).toEqual([Decision_Result.EXHAUSTED]);
  const { allocations } = await app.staff.listAllocations({ parent });
  expect(allocations.map(({ supply, score }) => [supply, score])).toEqual([[listing("s1"), 99]]);
});

test("a round records what it was judged by, its funnels, its phases and how long it took", async () => {
  await using app = await startAllocation();
  app.world.eligible = (demand) => demand !== "nobody";
  await app.list(
    { id: "some", side: "DEMAND" },
    { id: "nobody", side: "DEMAND" },
    { id: "done", side: "DEMAND", units: 0 },
    { id: "tool1", side: "SUPPLY" },
  );
  await createPlan(app.staff, { supplyModel: `${parent}/models/taking` });
  await runRound(app, "r");
  const { round } = await app.staff.getRound({ name: wave("r") });
  expect(round).toMatchObject({
    planVersion: 1n,
    policyVersion: 3n,
    demandModelVersion: 5n,
    supplyModelVersion: 6n,
    demandCount: 2n,
    openUnits: 2n,
    demandsRanked: 2n,
    eligiblePairs: 1n,
    edgeCount: 1n,
    holdCount: 1n,
  });
  expect(round!.phases.map(({ phase }) => phase)).toEqual(["snapshot", "filter", "rank", "assign", "commit"]);
  const { decisions } = await app.staff.listDecisions({ parent, round: wave("r") });
  const byDemand = new Map(decisions.map((decision) => [decision.demand, decision]));
  expect(byDemand.get(listing("nobody"))?.result).toBe(Decision_Result.NOBODY_ELIGIBLE);
  const held = byDemand.get(listing("some"))!;
  expect(held).toMatchObject({ result: Decision_Result.HELD, openUnits: 1n, feedSeq: 7n });
  expect(held.outcomes.map(({ supply }) => supply)).toEqual([listing("tool1")]);
  expect(held.funnel?.eligible).toBe(1);
  expect(held.duration).toBeDefined();
});

test("one round of a plan runs at a time, and a repeat gets the first answer", async () => {
  await using app = await startAllocation();
  const release = Promise.withResolvers<void>();
  app.world.beforeRank = () => release.promise;
  await app.list({ id: "job", side: "DEMAND" }, { id: "tool1", side: "SUPPLY" });
  await createPlan(app.staff);
  const request = { parent, roundId: "a", round: { plan: `${parent}/plans/p` }, requestId: "one" };
  const first = await app.staff.createRound(request);
  expect((await app.staff.createRound(request)).round?.name).toBe(first.round?.name);
  const again = { ...request, requestId: "" };
  expect(await refusalOf(app.staff.createRound(again))).toBe("ALREADY_EXISTS ROUND_ALREADY_EXISTS");
  expect(await refusalOf(app.staff.createRound({ ...again, roundId: "b" }))).toBe(
    "FAILED_PRECONDITION ROUND_RUNNING",
  );
  release.resolve();
  await until(
    async () => (await app.staff.getRound({ name: wave("a") })).round?.state === Round_State.SETTLED,
  );
  await app.staff.createRound({ ...again, roundId: "b" });
  const { rounds } = await app.staff.listRounds({ parent });
  expect(rounds.map(({ name }) => name)).toEqual([wave("b"), wave("a")]);
});

test("an exclusive supply gives each group one unit, within its limit of units", async () => {
  await using app = await startAllocation();
  app.world.demandScore = (demand) => 100 - Number(demand.slice(1));
  const demands = ["d1", "d2", "d3", "d4"].map((id, at) => ({
    id,
    side: "DEMAND" as const,
    groups: { sector: ["health", "health", "energy", "retail"][at]! },
  }));
  await app.list(...demands, { id: "dataset", side: "SUPPLY", units: 2, exclusiveGroup: "sector" });
  await createPlan(app.staff);
  await runRound(app, "r");
  const { allocations } = await app.staff.listAllocations({ parent });
  expect(allocations.map(({ demand }) => demand).sort()).toEqual([listing("d1"), listing("d3")]);
  const { decisions } = await app.staff.listDecisions({ parent, demand: listing("d4") });
  expect(decisions[0]?.result).toBe(Decision_Result.OUTRANKED);
  expect((await app.staff.listOffers({ parent, state: Offer_State.MADE })).offers).toEqual([]);
});

test("unlimited supply serves everybody", async () => {
  await using app = await startAllocation();
  const demands = ["d1", "d2", "d3"].map((id) => ({ id, side: "DEMAND" as const }));
  await app.list(...demands, { id: "open-data", side: "SUPPLY", unlimited: true });
  await createPlan(app.staff);
  await runRound(app, "r");
  expect((await app.staff.listAllocations({ parent })).allocations).toHaveLength(3);
  const { capacityLevel } = await app.staff.getCapacityLevel({ name: `${parent}/capacityLevels/open-data` });
  expect(capacityLevel).toMatchObject({ allocated: 3n, held: 0n, unlimited: true });
});
