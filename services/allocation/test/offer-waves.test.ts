import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Clock_Mode,
  DeclineReason,
  type Offer,
  Offer_State,
  OfferRules_Backfill,
  Plan_Side,
  Round_State,
} from "@marketmesh/contracts/allocation/v1";
import { sql } from "drizzle-orm";
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

const begin = new Date("2030-01-01T00:00:00Z");
const at = (hours: number) => timestampFromDate(new Date(begin.getTime() + hours * 3_600_000));
const plan = `${parent}/plans/p`;

/** One demand, supplies s0 (best) to s9, on a sandbox clock. */
async function sandbox(offers: object, { units = 1, supplies = 10, decide = true } = {}): Promise<App> {
  const app = await startAllocation();
  await app.staff.createClock({ parent, clock: { mode: Clock_Mode.SANDBOX, time: at(0) } });
  const ids = Array.from({ length: supplies }, (_, n) => n);
  await app.list(
    { id: "job", side: "DEMAND", owner: "firm", units },
    ...ids.map((n) => ({ id: `s${n}`, side: "SUPPLY" as const, owner: `worker${n}` })),
  );
  app.world.demandScore = (_, supply) => 1_000 - Number(supply.slice(1));
  await createPlan(app.staff, {
    answeredBy: Plan_Side.SUPPLY,
    acceptanceWindow: { seconds: 7_200n },
    offers,
  });
  if (decide) await app.staff.allocateNow({ plan, demand: listing("job") });
  return app;
}

const offersOf = async (app: App): Promise<Offer[]> =>
  (await app.staff.listOffers({ parent, demand: listing("job") })).offers;
const open = async (app: App) => (await offersOf(app)).filter(({ state }) => state === Offer_State.MADE);
const supplyOf = ({ supply }: Offer) => supply.slice(supply.lastIndexOf("/") + 1);
async function openOf(app: App, ...supplies: string[]): Promise<Offer[]> {
  await until(async () => {
    const names = (await open(app)).map(supplyOf).sort();
    return names.join() === [...supplies].sort().join();
  });
  const offers = await open(app);
  return supplies.map((supply) => offers.find((offer) => supplyOf(offer) === supply)!);
}
const levelOf = async (app: App, id: string) => {
  const { capacityLevel } = await app.staff.getCapacityLevel({ name: `${parent}/capacityLevels/${id}` });
  return [capacityLevel!.held, capacityLevel!.allocated];
};
const queueIsEmpty = (app: App) =>
  until(async () => {
    const [row] = await app.database.background((tx) =>
      tx.execute<{ jobs: string }>(sql`select count(*) as jobs from offer_jobs`),
    );
    return row!.jobs === "0";
  });

const backfill = { backfill: OfferRules_Backfill.AUTOMATIC, backfillWavesMax: 2 };

test("a declined and an expired offer are replaced by the next best, as often as the plan says", async () => {
  await using app = await sandbox({ ...backfill, waveWindow: { seconds: 3_600n } });
  const [first] = (await openOf(app, "s0")) as [Offer];
  expect(first).toMatchObject({ wave: 1, replaces: "", expireTime: at(2) });
  const said = { reason: DeclineReason.PRICE, reasonText: "below what I take" };
  const declined = (await app.staff.declineOffer({ name: first.name, ...said })).offer!;
  expect(declined).toMatchObject({ declineReason: DeclineReason.PRICE, reasonText: "below what I take" });
  const [second] = (await openOf(app, "s1")) as [Offer];
  expect(second).toMatchObject({
    wave: 2,
    replaces: first.name,
    expireTime: at(1),
    decision: first.decision,
  });
  await app.staff.advanceClock({ name: `${parent}/clock`, time: at(1) });
  const [third] = (await openOf(app, "s2")) as [Offer];
  expect(third).toMatchObject({ wave: 3, replaces: second.name, expireTime: at(2) });
  await app.staff.declineOffer({ name: third.name, requestId: "no" });
  await queueIsEmpty(app);
  expect(await open(app)).toEqual([]);
  expect(await levelOf(app, "job")).toEqual([0n, 0n]);
});

test("an offer that is rescinded, or of a plan without rules, is not replaced", async () => {
  await using app = await sandbox(backfill);
  const [first] = (await openOf(app, "s0")) as [Offer];
  const { offer } = await app.staff.rescindOffer({ name: first.name, reasonText: "the shift is cancelled" });
  expect(offer).toMatchObject({
    state: Offer_State.RESCINDED,
    reasonText: "the shift is cancelled",
    surplus: false,
  });
  await queueIsEmpty(app);
  expect(await open(app)).toEqual([]);
  const bare = { backfill: OfferRules_Backfill.AUTOMATIC };
  expect(await refusalOf(createPlan(app.staff, { offers: bare }, "silent"))).toBe(
    "INVALID_ARGUMENT PLAN_INVALID",
  );
});

test("when the ranking is used up, the queue ends without an offer", async () => {
  await using app = await sandbox({ ...backfill, backfillWavesMax: 200 }, { supplies: 2 });
  for (const supply of ["s0", "s1"]) {
    const [offer] = (await openOf(app, supply)) as [Offer];
    await app.staff.declineOffer({ name: offer.name });
  }
  await queueIsEmpty(app);
  expect((await offersOf(app)).length).toBe(2);
});

test("more is offered than there is; who accepts first gets it, the others are rescinded with it", async () => {
  await using app = await sandbox({ overOfferPerUnit: 3 }, { units: 2 });
  const offers = await openOf(app, "s0", "s1", "s2", "s3", "s4", "s5");
  await queueIsEmpty(app);
  expect(await levelOf(app, "job")).toEqual([2n, 0n]);
  // One that claims nothing of the demand takes the claim of one that waits.
  await app.staff.acceptOffer({ name: offers[5]!.name });
  expect(await levelOf(app, "job")).toEqual([1n, 1n]);
  await openOf(app, "s0", "s1", "s2", "s3", "s4");
  // One that claims and lets go hands its claim on.
  await app.staff.declineOffer({ name: offers[0]!.name });
  await app.staff.declineOffer({ name: offers[1]!.name });
  expect(await levelOf(app, "job")).toEqual([1n, 1n]);
  await app.staff.acceptOffer({ name: offers[4]!.name, requestId: "mine" });
  expect(await levelOf(app, "job")).toEqual([0n, 2n]);
  const after = new Map((await offersOf(app)).map((offer) => [supplyOf(offer), offer]));
  expect(["s2", "s3"].map((id) => [after.get(id)!.state, after.get(id)!.surplus])).toEqual([
    [Offer_State.RESCINDED, true],
    [Offer_State.RESCINDED, true],
  ]);
  expect(await levelOf(app, "s2")).toEqual([0n, 0n]);
  expect(await refusalOf(app.staff.acceptOffer({ name: offers[2]!.name }))).toBe(
    "FAILED_PRECONDITION OFFER_SETTLED",
  );
});

test("of answers that come at once no more are taken than there are units", async () => {
  await using app = await sandbox({ overOfferPerUnit: 4 }, { units: 2 });
  const offers = await openOf(app, "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7");
  const answers = await Promise.allSettled(offers.map(({ name }) => app.staff.acceptOffer({ name })));
  expect(answers.filter(({ status }) => status === "fulfilled").length).toBe(2);
  expect(await levelOf(app, "job")).toEqual([0n, 2n]);
  expect(await open(app)).toEqual([]);
});

test("over-offers expire and are rescinded without leaking a claim", async () => {
  await using app = await sandbox({ overOfferPerUnit: 2 });
  const [first, second] = (await openOf(app, "s0", "s1")) as [Offer, Offer];
  await app.staff.rescindOffer({ name: first.name });
  expect(await levelOf(app, "job")).toEqual([1n, 0n]);
  await app.staff.advanceClock({ name: `${parent}/clock`, time: at(2) });
  expect((await app.staff.getOffer({ name: second.name })).offer?.state).toBe(Offer_State.EXPIRED);
  for (const id of ["job", "s0", "s1"]) expect(await levelOf(app, id)).toEqual([0n, 0n]);
});

test("a round's offers are replaced too, and it is settled when neither an offer nor a due one is left", async () => {
  await using app = await sandbox(backfill, { decide: false });
  await app.staff.createRound({ parent, roundId: "r", round: { plan } });
  const round = `${parent}/rounds/r`;
  const [first] = (await openOf(app, "s0")) as [Offer];
  await app.staff.declineOffer({ name: first.name });
  const [second] = (await openOf(app, "s1")) as [Offer];
  expect(second).toMatchObject({ round, wave: 2, replaces: first.name });
  expect((await app.staff.getRound({ name: round })).round?.state).toBe(Round_State.COMMITTED);
  await app.staff.acceptOffer({ name: second.name });
  await until(async () => (await app.staff.getRound({ name: round })).round?.state === Round_State.SETTLED);
});
