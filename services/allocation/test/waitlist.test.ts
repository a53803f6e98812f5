import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import {
  Offer_State,
  type OfferService,
  Plan_Side,
  WaitlistEntry_State,
} from "@marketmesh/contracts/allocation/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
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

const later = new Date("2100-01-01T00:00:00Z");
let app: App;
let staff: Client<typeof OfferService>;
const plan = `${parent}/plans/p`;
beforeAll(async () => {
  app = await startAllocation();
  staff = await app.offersAs({ principal: `${parent}/serviceAccounts/staff`, market });
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY });
  await createPlan(app.staff, {}, "silent");
});
afterAll(() => app[Symbol.asyncDispose]());

const as = (party: string) => app.offersAs({ market, party, principal: `${parent}/parties/${party}` });
const join = (listingId: string, waiting: string, more: object = {}, by = staff) =>
  by.joinWaitlist({
    parent,
    waitlistEntry: { listing: listing(listingId), waitingListing: listing(waiting), plan, ...more },
  });
const entriesOf = async (id: string) =>
  (await staff.listWaitlist({ parent, listing: listing(id) })).waitlistEntries;
const waitingFor = async (id: string) =>
  (await entriesOf(id))
    .filter(({ state }) => state === WaitlistEntry_State.WAITING)
    .map(({ waitingListing }) => waitingListing.slice(waitingListing.lastIndexOf("/") + 1));

async function full(prefix: string, supplies: number): Promise<{ hold: string }> {
  await app.list(
    { id: `${prefix}-job`, side: "DEMAND", owner: "firm" },
    ...Array.from({ length: supplies }, (_, n) => ({
      id: `${prefix}-s${n}`,
      side: "SUPPLY" as const,
      owner: `${prefix}-worker${n}`,
    })),
  );
  const hold = { demand: listing(`${prefix}-job`), supply: listing(`${prefix}-s0`) };
  return { hold: (await app.staff.createHold({ parent, hold })).hold!.name };
}

test("who waits is served by score, then by time, each time capacity comes back", async () => {
  const { hold } = await full("order", 5);
  for (const [n, score] of [
    [1, 5],
    [2, 9],
    [3, 9],
    [4, 1],
  ] as const)
    await join("order-job", `order-s${n}`, { score });
  expect(await waitingFor("order-job")).toEqual(["order-s2", "order-s3", "order-s1", "order-s4"]);
  const paged = await staff.listWaitlist({ parent, listing: listing("order-job"), pageSize: 3 });
  const rest = await staff.listWaitlist({
    parent,
    listing: listing("order-job"),
    pageSize: 3,
    pageToken: paged.nextPageToken,
  });
  expect(rest.waitlistEntries.map(({ waitingListing }) => waitingListing)).toEqual([listing("order-s4")]);
  await app.staff.releaseHold({ name: hold });
  for (const next of ["order-s2", "order-s3"]) {
    let offer = "";
    await until(async () => {
      const served = (await entriesOf("order-job")).find(
        ({ waitingListing }) => waitingListing === listing(next),
      );
      offer = served?.offer ?? "";
      return offer !== "";
    });
    expect((await app.staff.getOffer({ name: offer })).offer).toMatchObject({
      state: Offer_State.MADE,
      supply: listing(next),
      score: 9,
    });
    await app.staff.declineOffer({ name: offer });
  }
});

test("who cannot be served just now does not keep it from those behind", async () => {
  const { hold } = await full("blocked", 25);
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY }, "fickle");
  const fickle = `${parent}/plans/fickle`;
  // By a plan that nobody answers any more, then two pages of embargoed ones, then one that can be had.
  await join("blocked-job", "blocked-s1", { score: 99, plan: fickle });
  for (let n = 2; n <= 23; n++) {
    const embargo = {
      listing: listing(`blocked-s${n}`),
      embargoUntil: timestampFromDate(later),
      reason: "new",
    };
    await app.inventory.setEmbargo(embargo);
    await join("blocked-job", `blocked-s${n}`, { score: 9 });
  }
  await join("blocked-job", "blocked-s24", { score: 1 });
  await app.database.background((tx) =>
    tx.execute(sql`update plans set content = content - 'answeredBy' where id = 'fickle'`),
  );
  await app.staff.releaseHold({ name: hold });
  await until(async () => !(await waitingFor("blocked-job")).includes("blocked-s24"));
  expect(await waitingFor("blocked-job")).toHaveLength(23);
});

test("a listing joins once, and leaves", async () => {
  await full("once", 3);
  const first = (await join("once-job", "once-s1", { score: 3 })).waitlistEntry!;
  expect((await join("once-job", "once-s1", { score: 4 })).waitlistEntry).toEqual(first);
  const [a, b] = await Promise.all([join("once-job", "once-s2"), join("once-job", "once-s2")]);
  expect(a.waitlistEntry!.name).toBe(b.waitlistEntry!.name);
  const name = first.name;
  expect(await refusalOf(staff.leaveWaitlist({ name, etag: '"7"' }))).toBe("ABORTED ETAG_MISMATCH");
  const left = (await staff.leaveWaitlist({ name, etag: first.etag, requestId: "leave" })).waitlistEntry;
  expect(left).toMatchObject({ state: WaitlistEntry_State.LEFT, version: 2n });
  expect((await staff.leaveWaitlist({ name })).waitlistEntry).toEqual(left);
  expect(await waitingFor("once-job")).toEqual(["once-s2"]);
});

test("what cannot be waited for is refused", async () => {
  await full("odd", 2);
  await app.list({ id: "odd-shut", side: "SUPPLY", closed: true });
  expect(await refusalOf(join("odd-s0", "odd-s1"))).toBe("INVALID_ARGUMENT SIDE_INVALID");
  expect(await refusalOf(join("odd-job", "nowhere"))).toBe("NOT_FOUND CAPACITY_NOT_FOUND");
  expect(await refusalOf(join("odd-job", "odd-shut"))).toBe("FAILED_PRECONDITION LISTING_NOT_OPEN");
  expect(await refusalOf(join("odd-job", "odd-s1", { plan: `${parent}/plans/none` }))).toBe(
    "NOT_FOUND PLAN_NOT_FOUND",
  );
  expect(await refusalOf(join("odd-job", "odd-s1", { plan: `${parent}/plans/silent` }))).toBe(
    "FAILED_PRECONDITION PLAN_WITHOUT_ANSWER",
  );
  const none = `${parent}/waitlistEntries/none`;
  expect(await refusalOf(staff.leaveWaitlist({ name: none }))).toBe("NOT_FOUND WAITLIST_ENTRY_NOT_FOUND");
});

test("a party waits with its own listing for what it was ranked for, and sees no other's place", async () => {
  await full("own", 3);
  const worker = await as("own-worker1");
  const hidden = "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE";
  expect(await refusalOf(join("own-job", "own-s2", {}, worker))).toBe(hidden);
  expect(await refusalOf(join("own-job", "own-s1", {}, worker))).toBe(hidden);
  const others = (await join("own-job", "own-s2")).waitlistEntry!;
  expect((await worker.listWaitlist({ parent, listing: listing("own-job") })).waitlistEntries).toEqual([]);
  expect(await refusalOf(worker.leaveWaitlist({ name: others.name }))).toBe(hidden);
});

test("who accepts an over-offer too late waits from then on, where the plan says so", async () => {
  await app.list(
    { id: "late-job", side: "DEMAND", owner: "firm" },
    { id: "late-s1", side: "SUPPLY", owner: "late-worker1" },
    { id: "late-s2", side: "SUPPLY", owner: "late-worker2" },
  );
  app.world.eligible = (_, supply) => supply.startsWith("late-");
  await createPlan(
    app.staff,
    { answeredBy: Plan_Side.SUPPLY, offers: { overOfferPerUnit: 2, waitlist: true } },
    "over",
  );
  const over = `${parent}/plans/over`;
  await app.staff.allocateNow({ plan: over, demand: listing("late-job") });
  const offersOf = async () => (await app.staff.listOffers({ parent, demand: listing("late-job") })).offers;
  await until(async () => (await offersOf()).length === 2);
  const [first, second] = await offersOf();
  await app.staff.acceptOffer({ name: first!.name });
  for (const repeat of [{}, { requestId: "late" }])
    expect(await refusalOf(app.staff.acceptOffer({ name: second!.name, ...repeat }))).toBe(
      "FAILED_PRECONDITION OFFER_SETTLED",
    );
  expect((await entriesOf("late-job")).map(({ waitingListing }) => waitingListing)).toEqual([second!.supply]);
  // What was ranked for the demand may also be waited for by its owner.
  const party = second!.party.slice(second!.party.lastIndexOf("/") + 1);
  const mine = (await (await as(party)).listWaitlist({ parent })).waitlistEntries;
  expect(mine.map(({ listing: wanted }) => wanted)).toEqual([listing("late-job")]);
  await (await as(party)).leaveWaitlist({ name: mine[0]!.name });
  const again = { listing: listing("late-job"), waitingListing: second!.supply, plan: over };
  const joined = await (await as(party)).joinWaitlist({
    parent,
    waitlistEntry: { ...again, score: 1_000_000 },
  });
  expect(joined.waitlistEntry?.score).toBe(0);
});
