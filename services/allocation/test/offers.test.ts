import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Clock_Mode,
  Hold_State,
  Offer_State,
  OfferAnswer_Answer,
  Plan_Side,
} from "@marketmesh/contracts/allocation/v1";
import { assertRowSecurity } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import {
  type App,
  createPlan,
  endingSoon,
  listing,
  market,
  parent,
  refusalOf,
  startAllocation,
  until,
} from "./start-allocation.ts";

const begin = new Date("2030-01-01T00:00:00Z");
const hour = 3_600_000;
const at = (hours: number) => timestampFromDate(new Date(begin.getTime() + hours * hour));

async function sandboxWithOffers(count: number): Promise<App & { offers: string[] }> {
  const app = await startAllocation();
  await app.staff.createClock({ parent, clock: { mode: Clock_Mode.SANDBOX, time: at(0) } });
  const ids = Array.from({ length: count }, (_, n) => n);
  await app.list(
    ...ids.map((n) => ({ id: `s${n}`, side: "SUPPLY" as const, owner: `worker${n}` })),
    ...ids.map((n) => ({ id: `d${n}`, side: "DEMAND" as const, owner: `firm${n}` })),
  );
  app.world.eligible = (demand, supply) => demand.slice(1) === supply.slice(1);
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY, acceptanceWindow: { seconds: 7_200n } });
  const demands = ids.map((n) => listing(`d${n}`));
  const { decisions } = await app.staff.batchAllocateNow({ plan: `${parent}/plans/p`, demands });
  const offers = decisions.map(({ outcomes }) => outcomes[0]!.hold.replace("/holds/", "/offers/"));
  return Object.assign(app, { offers });
}

const as = (app: App, party: string) => app.as({ market, party, principal: `${parent}/parties/${party}` });

test("a party sees and answers what is put to it; another party of the market sees nothing", async () => {
  await using app = await sandboxWithOffers(2);
  const worker = await as(app, "worker0");
  const firm = await as(app, "firm0");
  const [mine, others] = app.offers as [string, string];
  const { offers } = await worker.listOffers({ parent });
  expect(offers.map(({ name, party }) => [name, party])).toEqual([[mine, `${parent}/parties/worker0`]]);
  expect((await firm.listOffers({ parent })).offers).toEqual([]);
  expect((await worker.listHolds({ parent })).holds).toEqual([]);
  expect((await worker.listDecisions({ parent })).decisions).toEqual([]);
  for (const name of [others, `${parent}/offers/never-was`]) {
    expect(await refusalOf(worker.getOffer({ name }))).toBe("PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE");
    expect(await refusalOf(worker.acceptOffer({ name }))).toBe("PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE");
  }
  const answers = [mine, others].map((offer) => ({ offer, answer: OfferAnswer_Answer.ACCEPT }));
  const answered = await worker.batchAnswerOffers({ parent, answers });
  expect(answered.offers.map(({ state, reason }) => [state, reason])).toEqual([
    [Offer_State.ACCEPTED, ""],
    [Offer_State.UNSPECIFIED, "RESOURCE_NOT_ACCESSIBLE"],
  ]);
  expect((await firm.listAllocations({ parent })).allocations.map(({ supply }) => supply)).toEqual([
    listing("s0"),
  ]);
  expect((await (await as(app, "worker1")).listAllocations({ parent })).allocations).toEqual([]);
  await assertRowSecurity(app.database);
});

test("accepting makes an allocation, declining gives capacity back, and a second answer changes nothing", async () => {
  await using app = await sandboxWithOffers(2);
  const [yes, no] = app.offers as [string, string];
  const { offer } = await app.staff.acceptOffer({ name: yes });
  expect(offer).toMatchObject({ state: Offer_State.ACCEPTED, version: 2n });
  expect((await app.staff.acceptOffer({ name: yes })).offer).toEqual(offer);
  expect(await refusalOf(app.staff.declineOffer({ name: yes }))).toBe("FAILED_PRECONDITION OFFER_SETTLED");
  expect(await refusalOf(app.staff.declineOffer({ name: no, etag: '"7"' }))).toBe("ABORTED ETAG_MISMATCH");
  await app.staff.declineOffer({ name: no, etag: '"1"' });
  for (const repeat of [{}, { requestId: "again" }]) {
    const again = await app.staff.declineOffer({ name: no, etag: '"1"', ...repeat });
    expect(again.offer).toMatchObject({ state: Offer_State.DECLINED, version: 2n });
  }
  expect(await refusalOf(app.staff.acceptOffer({ name: no, etag: '"1"', requestId: "y" }))).toBe(
    "ABORTED ETAG_MISMATCH",
  );
  expect(await refusalOf(app.staff.rescindOffer({ name: no }))).toBe("FAILED_PRECONDITION OFFER_SETTLED");
  const level = async (id: string) =>
    (await app.staff.getCapacityLevel({ name: `${parent}/capacityLevels/${id}` })).capacityLevel;
  expect(await level("s0")).toMatchObject({ held: 0n, allocated: 1n });
  expect(await level("s1")).toMatchObject({ held: 0n, allocated: 0n });
  const { hold } = await app.staff.getHold({ name: yes.replace("/offers/", "/holds/") });
  expect(hold?.state).toBe(Hold_State.CONFIRMED);
});

test("an answer that cannot be settled fails alone, whoever is answered beside it", async () => {
  await using app = await sandboxWithOffers(8);
  const broken = app.offers[3]!;
  const id = broken.split("/").at(-1)!;
  await app.database.background((tx) => tx.execute(sql`update holds set units = 9 where id = ${id}`));
  const answers = await Promise.all(app.offers.map((name) => refusalOf(app.staff.acceptOffer({ name }))));
  const failed = app.offers.filter((_, at) => answers[at] !== "was not refused");
  expect(failed).toEqual([broken]);
});

test("silence ends an offer by the market clock alone, whether or not anybody noticed", async () => {
  await using app = await sandboxWithOffers(3);
  const name = `${parent}/clock`;
  const early = await app.staff.advanceClock({ name, time: at(1) });
  expect([early.expiredOffers, early.expiredHolds]).toEqual([0n, 0n]);
  await app.staff.acceptOffer({ name: app.offers[0]! });
  const late = await app.staff.advanceClock({ name, time: at(2), requestId: "x" });
  expect([late.expiredOffers, late.expiredHolds]).toEqual([2n, 0n]);
  expect((await app.staff.advanceClock({ name, time: at(2), requestId: "x" })).expiredOffers).toBe(2n);
  expect((await app.staff.advanceClock({ name, time: at(1) })).clock?.time).toEqual(at(2));
  expect(await refusalOf(app.staff.acceptOffer({ name: app.offers[1]! }))).toBe(
    "FAILED_PRECONDITION OFFER_EXPIRED",
  );
  const facts = await app.database.background((tx) =>
    tx.execute<{ fact_type: string }>(
      sql`select fact_type from marketmesh.outbox where feed in ('offer', 'clock') order by id`,
    ),
  );
  const types = facts.map(({ fact_type }) => fact_type.split(".").at(-1));
  expect(types.filter((type) => type === "OfferExpired")).toHaveLength(2);
  expect(types.at(-1)).toBe("ClockAdvanced");
});

test("an offer past its time is refused before the expirer ran", async () => {
  await using app = await sandboxWithOffers(1);
  // The clock as an advance would leave it, without what an advance settles.
  await app.database.background((tx) =>
    tx.execute(sql`update clocks set market_time = '2031-01-01T00:00:00Z'`),
  );
  expect(await refusalOf(app.staff.acceptOffer({ name: app.offers[0]! }))).toBe(
    "FAILED_PRECONDITION OFFER_EXPIRED",
  );
});

test("rescinding takes an offer back", async () => {
  await using app = await sandboxWithOffers(1);
  const { offer } = await app.staff.rescindOffer({ name: app.offers[0]! });
  expect(offer?.state).toBe(Offer_State.RESCINDED);
  expect(await refusalOf(app.staff.acceptOffer({ name: app.offers[0]! }))).toBe(
    "FAILED_PRECONDITION OFFER_SETTLED",
  );
});

test("a sandbox clock stays where what is added to its time can be kept", async () => {
  await using app = await startAllocation();
  const clockIn = (year: string) => ({
    parent,
    clock: { mode: Clock_Mode.SANDBOX, time: timestampFromDate(new Date(`${year}-12-31T23:59:59Z`)) },
  });
  expect(await refusalOf(app.staff.createClock(clockIn("0999")))).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  await app.staff.createClock(clockIn("8998"));
  const name = `${parent}/clock`;
  const { time } = clockIn("9000").clock;
  expect(await refusalOf(app.staff.advanceClock({ name, time }))).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  const { clock } = await app.staff.advanceClock({ name, time: clockIn("8999").clock.time });
  expect(clock?.version).toBe(2n);
});

test("holds of a market with the real clock expire by themselves", async () => {
  await using app = await startAllocation();
  await app.list({ id: "s0", side: "SUPPLY" }, { id: "d0", side: "DEMAND" });
  const pair = { demand: listing("d0"), supply: listing("s0") };
  const { hold } = await endingSoon((expireTime) =>
    app.staff.createHold({ parent, hold: { ...pair, expireTime } }),
  );
  await until(async () => (await app.staff.getHold({ name: hold!.name })).hold?.state === Hold_State.EXPIRED);
  expect(await refusalOf(app.staff.advanceClock({ name: `${parent}/clock`, time: at(0) }))).toBe(
    "FAILED_PRECONDITION CLOCK_NOT_SANDBOX",
  );
  const sandbox = { parent, clock: { mode: Clock_Mode.SANDBOX, time: at(0) } };
  expect(await refusalOf(app.staff.createClock(sandbox))).toBe("FAILED_PRECONDITION CLOCK_IN_USE");
});
