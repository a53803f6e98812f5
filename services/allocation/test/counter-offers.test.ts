import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import {
  Clock_Mode,
  CounterOffer_State,
  Hold_State,
  Offer_State,
  Offer_Turn,
  OfferAnswer_Answer,
  type OfferService,
  Plan_Side,
} from "@marketmesh/contracts/allocation/v1";
import { assertRowSecurity } from "@marketmesh/postgres";
import { expect, test } from "vitest";
import {
  type App,
  createPlan,
  listing,
  market,
  parent,
  refusalOf,
  startAllocation,
} from "./start-allocation.ts";

const begin = new Date("2030-01-01T00:00:00Z");
const at = (hours: number) => timestampFromDate(new Date(begin.getTime() + hours * 3_600_000));
const price = (amount: bigint) => ({ amounts: { price_minor_units: amount }, words: { currency: "EUR" } });

interface Bargain extends App {
  readonly name: string;
  readonly worker: Client<typeof OfferService>;
  readonly firm: Client<typeof OfferService>;
  readonly stranger: Client<typeof OfferService>;
}

/** An offer to `worker` for a job of `firm`, two hours each time, three counter-offers at most. */
async function bargain(offers: object = { counterRoundsMax: 3 }): Promise<Bargain> {
  const app = await startAllocation();
  await app.staff.createClock({ parent, clock: { mode: Clock_Mode.SANDBOX, time: at(0) } });
  await app.list(
    { id: "job", side: "DEMAND", owner: "firm" },
    { id: "hand", side: "SUPPLY", owner: "worker" },
  );
  await createPlan(app.staff, {
    answeredBy: Plan_Side.SUPPLY,
    acceptanceWindow: { seconds: 7_200n },
    offers,
  });
  const { decision } = await app.staff.allocateNow({ plan: `${parent}/plans/p`, demand: listing("job") });
  const name = decision!.outcomes[0]!.hold.replace("/holds/", "/offers/");
  const as = (party: string) => app.offersAs({ market, party, principal: `${parent}/parties/${party}` });
  const [worker, firm, stranger] = await Promise.all(["worker", "firm", "stranger"].map(as));
  return Object.assign(app, { name, worker: worker!, firm: firm!, stranger: stranger! });
}

const allocationsAs = (app: App, party: string) =>
  app.as({ market, party, principal: `${parent}/parties/${party}` });

test("terms go to and fro until one side takes them; they are the allocation's", async () => {
  await using app = await bargain();
  const { name, worker, firm } = app;
  const first = await worker.counterOffer({ name, terms: price(9_000n), text: "with tools" });
  expect(first.offer).toMatchObject({
    state: Offer_State.MADE,
    turn: Offer_Turn.COUNTER_PARTY,
    counterRounds: 1,
    counterParty: `${parent}/parties/firm`,
    expireTime: at(2),
  });
  expect(first.counterOffer).toMatchObject({ round: 1, by: Offer_Turn.PARTY, text: "with tools" });
  await app.staff.advanceClock({ name: `${parent}/clock`, time: at(1) });
  const second = await firm.counterOffer({ name, terms: price(8_000n), etag: first.offer!.etag });
  expect(second.offer).toMatchObject({ turn: Offer_Turn.PARTY, counterRounds: 2, expireTime: at(3) });
  const hold = (await app.staff.getHold({ name: name.replace("/offers/", "/holds/") })).hold!;
  expect(hold).toMatchObject({ state: Hold_State.HELD, expireTime: at(3) });
  const third = await worker.counterOffer({ name, terms: price(8_500n), requestId: "third" });
  expect((await worker.counterOffer({ name, terms: price(8_500n), requestId: "third" })).offer).toEqual(
    third.offer,
  );
  const { offer } = await firm.acceptCounterOffer({ name, requestId: "yes" });
  expect(offer).toMatchObject({
    state: Offer_State.ACCEPTED,
    terms: { amounts: { price_minor_units: 8_500n } },
  });
  const allocations = await allocationsAs(app, "firm");
  const [allocation] = (await allocations.listAllocations({ parent })).allocations;
  expect(allocation?.terms).toMatchObject(price(8_500n));
  const { counterOffers } = await worker.listCounterOffers({ name });
  expect(counterOffers.map(({ round, state }) => [round, state])).toEqual([
    [1, CounterOffer_State.COUNTERED],
    [2, CounterOffer_State.COUNTERED],
    [3, CounterOffer_State.ACCEPTED],
  ]);
  expect(await refusalOf(worker.counterOffer({ name, terms: price(1n) }))).toBe(
    "FAILED_PRECONDITION OFFER_SETTLED",
  );
  await assertRowSecurity(app.database);
});

test("who is not to speak is refused, and so is a counter-offer too many", async () => {
  await using app = await bargain({ counterRoundsMax: 2 });
  const { name, worker, firm, stranger } = app;
  const notTheirs = "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE";
  // The other side sees an offer only once it is spoken to.
  expect(await refusalOf(firm.counterOffer({ name, terms: price(1n) }))).toBe(notTheirs);
  expect(await refusalOf(worker.counterOffer({ name, terms: {} }))).toMatch(/^INVALID_ARGUMENT/);
  await worker.counterOffer({ name, terms: price(9_000n) });
  const notYourTurn = "FAILED_PRECONDITION OFFER_NOT_YOUR_TURN";
  expect(await refusalOf(worker.counterOffer({ name, terms: price(1n) }))).toBe(notYourTurn);
  expect(await refusalOf(worker.acceptCounterOffer({ name }))).toBe(notYourTurn);
  expect(await refusalOf(stranger.acceptCounterOffer({ name }))).toBe(notTheirs);
  expect(await refusalOf(stranger.listCounterOffers({ name }))).toBe(notTheirs);
  const answering = await allocationsAs(app, "worker");
  expect(await refusalOf(answering.acceptOffer({ name }))).toBe(notYourTurn);
  expect(await refusalOf(answering.acceptOffer({ name, requestId: "a" }))).toBe(notYourTurn);
  // The other side sees the offer now, but it is not its to answer.
  const other = await allocationsAs(app, "firm");
  expect((await other.getOffer({ name })).offer?.name).toBe(name);
  expect(await refusalOf(other.acceptOffer({ name }))).toBe(notTheirs);
  expect(await refusalOf(other.declineOffer({ name, requestId: "d" }))).toBe(notTheirs);
  const answers = [{ offer: name, answer: OfferAnswer_Answer.ACCEPT }];
  expect((await other.batchAnswerOffers({ parent, answers })).offers[0]!.reason).toBe(
    "RESOURCE_NOT_ACCESSIBLE",
  );
  expect(await refusalOf(firm.declineCounterOffer({ name, etag: '"9"' }))).toBe("ABORTED ETAG_MISMATCH");
  await firm.counterOffer({ name, terms: price(8_000n) });
  expect(await refusalOf(worker.counterOffer({ name, terms: price(1n) }))).toBe(
    "FAILED_PRECONDITION COUNTER_ROUNDS_EXHAUSTED",
  );
  expect((await answering.acceptOffer({ name })).offer).toMatchObject({
    state: Offer_State.ACCEPTED,
    terms: { amounts: { price_minor_units: 8_000n } },
  });
});

test("a refused counter-offer leaves the terms before on the table; no is always possible", async () => {
  await using app = await bargain({ counterRoundsMax: 5 });
  const { name, worker, firm } = app;
  await worker.counterOffer({ name, terms: price(9_000n) });
  const { offer } = await firm.declineCounterOffer({ name });
  expect(offer).toMatchObject({ turn: Offer_Turn.PARTY, counterRounds: 1, state: Offer_State.MADE });
  expect(offer?.terms).toBeUndefined();
  expect(await refusalOf(firm.declineCounterOffer({ name }))).toBe("FAILED_PRECONDITION OFFER_NOT_YOUR_TURN");
  await worker.counterOffer({ name, terms: price(8_000n) });
  const answering = await allocationsAs(app, "worker");
  expect((await answering.declineOffer({ name })).offer?.state).toBe(Offer_State.DECLINED);
  const { counterOffers } = await worker.listCounterOffers({ name });
  expect(counterOffers.map(({ state }) => state)).toEqual([
    CounterOffer_State.DECLINED,
    CounterOffer_State.ENDED,
  ]);
  expect(await refusalOf(firm.acceptCounterOffer({ name }))).toBe("FAILED_PRECONDITION OFFER_SETTLED");
});

test("bargaining is bounded in time: a window for each round from when the offer was made", async () => {
  await using app = await bargain({ counterRoundsMax: 1 });
  const { name, worker, firm } = app;
  await app.staff.advanceClock({ name: `${parent}/clock`, time: at(1.9) });
  expect((await worker.counterOffer({ name, terms: price(9_000n) })).offer?.expireTime).toEqual(at(3.9));
  await app.staff.advanceClock({ name: `${parent}/clock`, time: at(4) });
  expect(await refusalOf(firm.acceptCounterOffer({ name }))).toBe("FAILED_PRECONDITION OFFER_EXPIRED");
});

test("a plan without counter rounds allows none", async () => {
  await using app = await bargain({});
  expect(await refusalOf(app.worker.counterOffer({ name: app.name, terms: price(1n) }))).toBe(
    "FAILED_PRECONDITION COUNTER_ROUNDS_EXHAUSTED",
  );
});

test("what is on the table ends with the offer, whatever ends it, in the same transaction", async () => {
  const statesOf = async ({ name, worker }: Bargain) =>
    (await worker.listCounterOffers({ name })).counterOffers.map(({ state }) => state);
  {
    await using app = await bargain();
    await app.worker.counterOffer({ name: app.name, terms: price(9_000n) });
    await app.staff.advanceClock({ name: `${parent}/clock`, time: at(10) });
    expect((await app.staff.getOffer({ name: app.name })).offer?.state).toBe(Offer_State.EXPIRED);
    expect(await statesOf(app)).toEqual([CounterOffer_State.ENDED]);
  }
  {
    await using app = await bargain();
    await app.worker.counterOffer({ name: app.name, terms: price(9_000n) });
    await app.staff.rescindOffer({ name: app.name });
    expect(await statesOf(app)).toEqual([CounterOffer_State.ENDED]);
  }
  {
    await using app = await bargain();
    await app.worker.counterOffer({ name: app.name, terms: price(9_000n) });
    await app.firm.counterOffer({ name: app.name, terms: price(8_000n) });
    await (await allocationsAs(app, "worker")).declineOffer({ name: app.name });
    expect(await statesOf(app)).toEqual([CounterOffer_State.COUNTERED, CounterOffer_State.DECLINED]);
  }
});

test("a counter-offer that is accepted is an answer like others, and one that is refused too", async () => {
  await using app = await bargain();
  const { name, worker, firm } = app;
  const counted = (outcome: string) =>
    Number(
      new RegExp(`offer_answers[a-z_]*\\{[^}]*outcome="${outcome}"[^}]*\\} (\\d+)`).exec(
        app.metrics(),
      )?.[1] ?? 0,
    );
  await worker.counterOffer({ name, terms: price(9_000n) });
  await firm.acceptCounterOffer({ name, requestId: "yes" });
  expect(counted("accepted")).toBe(1);
  await firm.acceptCounterOffer({ name, requestId: "yes" });
  expect(counted("accepted")).toBe(1);
  expect(await refusalOf(firm.acceptCounterOffer({ name, etag: '"1"' }))).toMatch(/^(was not|ABORTED)/);
});
