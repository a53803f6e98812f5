import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Decision_Result,
  DeclineReason,
  Hold_State,
  Offer_State,
  OfferAnswer_Answer,
  PairExplanation_Reason,
  Plan_Side,
  Plan_Strategy,
  Round_State,
} from "@marketmesh/contracts/allocation/v1";
import { uuidv7 } from "@marketmesh/service-host";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { holdRecording } from "../src/decisions/recording.ts";
import {
  type App,
  createPlan,
  listing,
  market,
  parent,
  refusalOf,
  startAllocation,
} from "./start-allocation.ts";

let app: App;
beforeAll(async () => {
  app = await startAllocation({ MARKETMESH_RELEASE: "0.0.0 abc" });
});
afterAll(() => app[Symbol.asyncDispose]());

const round = (id: string) => `${parent}/rounds/${id}`;
const score = 100_000;

/** Job a likes s1 most, then s2; b likes s1 less than a does; c may have nobody but s3, which nobody likes. */
async function seed(): Promise<void> {
  const scores: Record<string, number> = { "a s1": 9, "a s2": 8, "b s1": 7, "b s2": 1, "c s3": 2 };
  app.world.eligible = (demand, supply) => `${demand} ${supply}` in scores;
  app.world.demandScore = (demand, supply) => (scores[`${demand} ${supply}`] ?? 0) * score;
  await app.list(
    ...["a", "b", "c"].map((id) => ({ id, side: "DEMAND" as const, owner: `owner-${id}` })),
    ...["s1", "s2", "s3"].map((id) => ({ id, side: "SUPPLY" as const, owner: `owner-${id}` })),
  );
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY, strategy: Plan_Strategy.GREEDY });
}

async function runRound(roundId: string): Promise<void> {
  await app.staff.createRound({ parent, roundId, round: { plan: `${parent}/plans/p` } });
  for await (const { round } of app.staff.watchRound({ name: `${parent}/rounds/${roundId}` })) {
    if (round?.state === Round_State.FAILED) throw new Error(round.failure);
  }
}

async function exported(request: Record<string, unknown> = {}) {
  const records = [];
  for await (const part of app.decisions.exportDecisions({ parent, ...request }))
    records.push(...part.records);
  return records;
}

async function last<T>(stream: AsyncIterable<T>): Promise<T> {
  let value: T | undefined;
  for await (const part of stream) value = part;
  return value!;
}

const partyOf = (owner: string) =>
  app.decisionsAs({ principal: `${parent}/parties/${owner}`, market, party: owner, reach: "PARTY" } as never);

test("a round is exported as it was decided, with the answers to it", async () => {
  await seed();
  const begin = new Date();
  await runRound("r1");
  const { offers } = await app.staff.listOffers({ parent, round: round("r1") });
  const offerOf = (demand: string) => offers.find((offer) => offer.demand === listing(demand))!.name;
  await app.staff.batchAnswerOffers({
    parent,
    answers: [
      { offer: offerOf("a"), answer: OfferAnswer_Answer.ACCEPT },
      {
        offer: offerOf("b"),
        answer: OfferAnswer_Answer.DECLINE,
        reason: DeclineReason.OTHER,
        reasonText: "-",
      },
    ],
  });
  const records = await exported();
  const { decisions } = await app.staff.listDecisions({ parent, round: round("r1") });
  expect(records.map(({ decision }) => decision)).toEqual(decisions.map(({ name }) => name));
  for (const [at, record] of records.entries()) {
    const { demand, plan, planVersion, policyVersion, demandModelVersion, feedSeq, openUnits, result } =
      decisions[at]!;
    expect(record).toMatchObject({
      demand,
      plan,
      planVersion,
      policyVersion,
      demandModelVersion,
      feedSeq,
      openUnits,
      result,
    });
    expect(record).toMatchObject({ round: round("r1"), strategy: "GREEDY", release: "0.0.0 abc" });
    expect(record.resultHash).toMatch(/^[0-9a-f]{64}$/);
    expect(timestampDate(record.recordTime!).getTime()).toBeGreaterThanOrEqual(begin.getTime() - 1_000);
  }
  const pairsOf = (demand: string) => records.find((record) => record.demand === listing(demand))!.pairs;
  expect(pairsOf("a")).toMatchObject([
    {
      supply: listing("s1"),
      demandScore: 9 * score,
      chosen: true,
      units: 1n,
      holdState: Hold_State.CONFIRMED,
      offerState: Offer_State.ACCEPTED,
    },
  ]);
  expect(pairsOf("a")[0]!.answerTime).toBeDefined();
  expect(pairsOf("b")).toMatchObject([
    { supply: listing("s2"), offerState: Offer_State.DECLINED, declineReason: "OTHER" },
  ]);
  expect(pairsOf("c")).toMatchObject([{ supply: listing("s3"), offerState: Offer_State.MADE }]);
});

test("what was considered comes along where asked for, and time bounds what is exported", async () => {
  const records = await exported({ considered: true });
  const pairs = records.flatMap(({ demand, pairs }) =>
    pairs.map((pair) => [demand, pair.supply, pair.chosen] as const),
  );
  expect(pairs.map(([demand, supply, chosen]) => [demand.at(-1), supply.slice(-2), chosen]).sort()).toEqual([
    ["a", "s1", true],
    ["a", "s2", false],
    ["b", "s1", false],
    ["b", "s2", true],
    ["c", "s3", true],
  ]);
  const after = { seconds: BigInt(Math.floor(Date.now() / 1_000) + 60), nanos: 0 };
  expect(await exported({ startTime: after })).toEqual([]);
  expect(await exported({ endTime: after })).toHaveLength(3);
  expect(await exported({ endTime: { seconds: 0n, nanos: 0 } })).toEqual([]);
});

test("staff learns why a pair came out as it did, and who had what it needed", async () => {
  const explain = async (demand: string, supply: string) => {
    const request = { name: round("r1"), demand: listing(demand), supply: listing(supply) };
    return (await app.decisions.explainPair(request)).explanation!;
  };
  expect(await explain("a", "s1")).toMatchObject({
    reason: PairExplanation_Reason.ASSIGNED,
    demandScore: 9 * score,
  });
  const outbid = await explain("b", "s1");
  expect(outbid).toMatchObject({ reason: PairExplanation_Reason.OUTBID, winningScore: 9 * score + 1 });
  expect(outbid.rivals).toMatchObject([
    { demand: listing("a"), supply: listing("s1"), demandScore: 9 * score },
  ]);
  expect(outbid.text).toContain(String(9 * score + 1));
  const filled = await explain("a", "s2");
  expect(filled).toMatchObject({ reason: PairExplanation_Reason.FILLED });
  expect(filled.rivals).toMatchObject([{ supply: listing("s1") }]);
  expect(await explain("c", "s1")).toMatchObject({
    reason: PairExplanation_Reason.INELIGIBLE,
    failedRules: ["DOES_NOT_FIT"],
  });
});

test("a party asks about pairs of its own listings and is not told who else was served", async () => {
  const own = await partyOf("owner-b");
  const request = { name: round("r1"), demand: listing("b"), supply: listing("s1") };
  const { explanation } = await own.explainPair(request);
  expect(explanation).toMatchObject({
    reason: PairExplanation_Reason.OUTBID,
    winningScore: 9 * score + 1,
    rivals: [],
  });
  expect(explanation!.text).not.toContain(listing("a"));
  const supplier = await partyOf("owner-s2");
  const asSupplier = await supplier.explainPair({ ...request, supply: listing("s2") });
  expect(asSupplier.explanation!.reason).toBe(PairExplanation_Reason.ASSIGNED);
  const stranger = await partyOf("owner-c");
  expect(await refusalOf(stranger.explainPair(request))).toBe("PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE");
  for await (const _ of own.exportDecisions({ parent })) throw new Error("a party sees no decisions");
});

test("replayed by its own plan a round comes out the same; by another it stands beside what was decided", async () => {
  const same = await last(app.decisions.replayRounds({ parent, rounds: [round("r1")] }));
  expect(same).toMatchObject({ roundsDone: 1, roundsTotal: 1, release: "0.0.0 abc" });
  const [replay] = same.replays;
  expect(replay).toMatchObject({ round: round("r1"), identical: true, pairsGained: 0n, pairsLost: 0n });
  expect(replay!.replayed!.resultHash).toBe(replay!.recorded!.resultHash);
  expect((await exported())[0]!.resultHash).toBe(replay!.recorded!.resultHash);
  const draft = { plan: { strategy: Plan_Strategy.OPTIMAL } };
  const other = await last(
    app.decisions.replayRounds({ parent, plan: `${parent}/plans/p`, draft: draft as never }),
  );
  // a with s2 and b with s1 is worth 15, what was decided 10.
  expect(other.replays[0]).toMatchObject({ identical: false, pairsGained: 2n, pairsLost: 2n });
  expect(other.replays[0]!.recorded).toMatchObject({
    strategy: "GREEDY",
    value: 12 * score,
    pairCount: 3n,
    fill: 1,
  });
  expect(other.replays[0]!.replayed).toMatchObject({
    strategy: "OPTIMAL",
    value: 17 * score,
    pairCount: 3n,
    gap: 0,
  });
});

test("a trade-off sets every strategy beside what the round decided", async () => {
  const { points } = await app.decisions.getTradeOff({ round: round("r1") }, { timeoutMs: 120_000 });
  const byLabel = new Map(points.map((point) => [point.label, point]));
  expect(points[0]).toMatchObject({ label: "GREEDY", recorded: true, value: 12 * score, fill: 1 });
  expect(byLabel.get("OPTIMAL")).toMatchObject({ recorded: false, value: 17 * score, gap: 0 });
  expect([...byLabel.keys()].sort()).toEqual(
    ["DEFERRED_ACCEPTANCE", "GREEDY", "LOTTERY", "OPTIMAL", "PER_DEMAND_GREEDY", "SCARCE_FIRST"].sort(),
  );
});

test("a simulation plays plans and seeds beside what really happened, and the same request plays it again", async () => {
  const request = {
    parent,
    rounds: [round("r1")],
    drafts: [{ label: "best", plan: { strategy: Plan_Strategy.OPTIMAL } }],
    seedCount: 4,
  };
  const parts = [];
  for await (const part of app.decisions.simulatePlans(request as never)) parts.push(part);
  expect(parts.map(({ runsDone }) => runsDone)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const end = parts.at(-1)!;
  expect(end.plans.map(({ label }) => label)).toEqual(["p as recorded", "best"]);
  expect(end.real).toMatchObject({ wantedUnits: 3n, offers: 3n, taken: 1n, waiting: 1n, value: 9 * score });
  for (const { fill } of end.plans) {
    expect(fill!.low).toBeLessThanOrEqual(fill!.mean);
    expect(fill!.high).toBeGreaterThanOrEqual(fill!.mean);
  }
  const again = await last(app.decisions.simulatePlans(request as never));
  expect(again.plans.map(({ runsHash }) => runsHash)).toEqual(end.plans.map(({ runsHash }) => runsHash));
});

test("one replay of a market runs at a time, and one whose caller leaves ends", async () => {
  const long = { parent, rounds: [round("r1")], seedCount: 100, wavesMax: 200 };
  const leave = new AbortController();
  const stream = app.decisions.simulatePlans(long, { signal: leave.signal });
  const running = stream[Symbol.asyncIterator]();
  await running.next();
  expect(await refusalOf(last(app.decisions.replayRounds({ parent, rounds: [round("r1")] })))).toBe(
    "RESOURCE_EXHAUSTED REPLAY_RUNNING",
  );
  leave.abort();
  await expect(running.next()).rejects.toThrow();
  // Once it has ended, the next may begin.
  let refusal = "";
  do refusal = await refusalOf(last(app.decisions.replayRounds({ parent, rounds: [round("r1")] })));
  while (refusal === "RESOURCE_EXHAUSTED REPLAY_RUNNING");
  expect(refusal).toBe("was not refused");
});

test("what cannot be replayed is refused with its field", async () => {
  const replay = (request: Record<string, unknown>) =>
    refusalOf(last(app.decisions.replayRounds({ parent, rounds: [round("r1")], ...request })));
  const draft = (plan: Record<string, unknown>) => ({ draft: { plan } });
  const notReplayable = "INVALID_ARGUMENT PLAN_NOT_REPLAYABLE";
  expect(await replay(draft({ policy: `${parent}/policies/other` }))).toBe(notReplayable);
  expect(await replay(draft({ topK: 51 }))).toBe(notReplayable);
  expect(await replay(draft({ topK: 50 }))).toBe("was not refused");
  expect(await replay(draft({ strategy: Plan_Strategy.FAIR }))).toBe("INVALID_ARGUMENT PLAN_INVALID");
  expect(await replay({ rounds: [round("none")] })).toBe("NOT_FOUND ROUND_NOT_FOUND");
  expect(await replay({ rounds: ["markets/other/rounds/r1"] })).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  expect(await replay({ rounds: [] })).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  expect(await replay({ rounds: [], plan: `${parent}/plans/none` })).toBe("NOT_FOUND PLAN_NOT_FOUND");
  const rounds = Array.from({ length: 101 }, () => round("r1"));
  expect(await replay({ rounds })).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  expect(await replay({ rounds: rounds.slice(1) })).toBe("was not refused");
  const simulate = (seedCount: number) =>
    refusalOf(last(app.decisions.simulatePlans({ parent, rounds: [round("r1")], seedCount, wavesMax: 1 })));
  expect(await simulate(101)).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  expect(await simulate(100)).toBe("was not refused");
});

test("allocate-now keeps what it considered and explains itself", async () => {
  app.world.eligible = () => true;
  app.world.demandScore = (_, supply) => Number(supply.slice(-1)) * score;
  await app.list(
    { id: "now", side: "DEMAND" },
    ...["n1", "n2", "n3"].map((id) => ({ id, side: "SUPPLY" as const })),
  );
  await app.staff.allocateNow({ plan: `${parent}/plans/p`, demand: listing("a0") }).catch(() => {});
  const { decision } = await app.staff.allocateNow({ plan: `${parent}/plans/p`, demand: listing("now") });
  expect(decision!.result).toBe(Decision_Result.HELD);
  const held = decision!.outcomes[0]!.supply;
  const explain = async (supply: string) =>
    (await app.decisions.explainPair({ name: decision!.name, supply: listing(supply) })).explanation!;
  expect((await explain(held.slice(-2))).reason).toBe(PairExplanation_Reason.ASSIGNED);
  expect(await explain("n1")).toMatchObject({ reason: PairExplanation_Reason.FILLED });
  const record = (await exported({ considered: true })).find((one) => one.decision === decision!.name)!;
  expect(record).toMatchObject({ strategy: "NOW", round: "" });
  expect(record.pairs.filter(({ chosen }) => chosen).map(({ supply }) => supply)).toEqual([held]);
  expect(record.pairs.length).toBeGreaterThan(2);
});

test("an export waits for what was being recorded when it began, and for nothing that begins later", async () => {
  const recorded = async () => (await exported()).length;
  const before = await recorded();
  const { promise: drawn, resolve: tellDrawn } = Promise.withResolvers<Date>();
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  // As a round does whose writing takes long.
  const slow = app.database.background(async (tx) => {
    await holdRecording(tx, market);
    await tx.execute(sql`
      insert into decisions (market, bucket, id, demand, plan, round, plan_version, policy_version, demand_model_version,
        supply_model_version, statistics_version, demand_version, feed_seq, decision_time, open_units, result, create_time, log)
      select market, bucket, ${uuidv7()}, demand, plan, round, plan_version, policy_version, demand_model_version,
        supply_model_version, statistics_version, demand_version, feed_seq, decision_time, open_units, result, create_time, log
      from decisions where market = ${market} limit 1`);
    tellDrawn(new Date());
    await mayCommit;
  });
  const time = await drawn;
  const first = exported({ endTime: timestampFromDate(new Date(time.getTime() + 1)) });
  let done = false;
  void first.then(() => {
    done = true;
  });
  const name = `${parent}/decisionLogSettings`;
  for (let n = 0; n < 20; n++) await app.decisions.getDecisionLogSettings({ name });
  expect(done).toBe(false);
  commit();
  await slow;
  expect(await first).toHaveLength(before + 1);
  // What goes on elsewhere, or in another market, holds up no export.
  await app.database.background(async (tx) => {
    await holdRecording(tx, "elsewhere");
    expect(await recorded()).toBe(before + 1);
  });
});

test("settings are read and changed within their bounds", async () => {
  const name = `${parent}/decisionLogSettings`;
  const { settings } = await app.decisions.getDecisionLogSettings({ name });
  expect(settings).toMatchObject({ name, keptDays: 400 });
  const update = (keptDays: number, etag = "") =>
    app.decisions.updateDecisionLogSettings({ settings: { name, keptDays }, etag });
  for (const days of [29, 3_651])
    expect(await refusalOf(update(days))).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  for (const days of [30, 3_650]) expect((await update(days)).settings!.keptDays).toBe(days);
  expect(await refusalOf(update(60, settings!.etag))).toBe("ABORTED ETAG_MISMATCH");
});
