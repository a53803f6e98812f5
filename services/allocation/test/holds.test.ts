import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Hold_State } from "@marketmesh/contracts/allocation/v1";
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

let app: App;
beforeAll(async () => {
  app = await startAllocation();
});
afterAll(() => app[Symbol.asyncDispose]());

const levelName = (id: string) => `${parent}/capacityLevels/${id}`;
const levelOf = async (id: string) =>
  (await app.staff.getCapacityLevel({ name: levelName(id) })).capacityLevel!;
const hold = (demand: string, supply: string, units = 1n) => ({
  parent,
  hold: { demand: listing(demand), supply: listing(supply), units },
});

test("a hold claims both sides or none, is confirmed once, and gives back what is released", async () => {
  await app.list(
    { id: "buyer", side: "DEMAND", units: 3 },
    { id: "stock", side: "SUPPLY", units: 2 },
    { id: "shut", side: "SUPPLY", closed: true },
  );
  const first = (await app.staff.createHold(hold("buyer", "stock"))).hold!;
  expect(first).toMatchObject({ state: Hold_State.HELD, units: 1n, version: 1n });
  expect([(await levelOf("buyer")).held, (await levelOf("stock")).held]).toEqual([1n, 1n]);
  const refused = async (demand: string, supply: string, units = 1n) =>
    refusalOf(app.staff.createHold(hold(demand, supply, units)));
  expect(await refused("buyer", "stock", 2n)).toBe("FAILED_PRECONDITION CAPACITY_EXHAUSTED");
  expect(await refused("buyer", "shut")).toBe("FAILED_PRECONDITION LISTING_NOT_OPEN");
  expect(await refused("stock", "buyer")).toBe("INVALID_ARGUMENT SIDE_INVALID");
  expect(await refused("buyer", "nowhere")).toBe("NOT_FOUND CAPACITY_NOT_FOUND");
  const past = { ...hold("buyer", "stock").hold, expireTime: timestampFromDate(new Date(0)) };
  expect(await refusalOf(app.staff.createHold({ parent, hold: past }))).toBe(
    "INVALID_ARGUMENT EXPIRE_TIME_PAST",
  );
  expect((await levelOf("buyer")).held).toBe(1n);

  expect(await refusalOf(app.staff.confirmHold({ name: first.name, etag: '"9"' }))).toBe(
    "ABORTED ETAG_MISMATCH",
  );
  const confirmed = await app.staff.confirmHold({ name: first.name, etag: first.etag });
  expect(await app.staff.confirmHold({ name: first.name })).toEqual(confirmed);
  expect(await refusalOf(app.staff.releaseHold({ name: first.name }))).toBe(
    "FAILED_PRECONDITION HOLD_NOT_HELD",
  );
  const second = (await app.staff.createHold(hold("buyer", "stock"))).hold!;
  await app.staff.releaseHold({ name: second.name });
  expect(await levelOf("stock")).toMatchObject({ held: 0n, allocated: 1n });
  const { allocation } = await app.staff.getAllocation({ name: confirmed.allocation!.name });
  expect(allocation).toMatchObject({ demand: listing("buyer"), supply: listing("stock"), plan: "" });
});

test("an offered hold is ended by its offer alone", async () => {
  await app.list({ id: "asker", side: "DEMAND" }, { id: "asked", side: "SUPPLY" });
  app.world.eligible = (_, supply) => supply === "asked";
  await createPlan(app.staff, { answeredBy: 2 }, "offering");
  const { decision } = await app.staff.allocateNow({
    plan: `${parent}/plans/offering`,
    demand: listing("asker"),
  });
  const name = decision!.outcomes[0]!.hold;
  expect(await refusalOf(app.staff.confirmHold({ name }))).toBe("FAILED_PRECONDITION HOLD_HAS_OFFER");
  expect(await refusalOf(app.staff.releaseHold({ name }))).toBe("FAILED_PRECONDITION HOLD_HAS_OFFER");
});

test("capacity is corrected with a reason, never below what is claimed", async () => {
  await app.list(
    { id: "shelf", side: "SUPPLY", units: 2, owner: "shop" },
    { id: "endless", side: "SUPPLY", unlimited: true },
    { id: "eater", side: "DEMAND" },
  );
  await app.staff.createHold(hold("eater", "shelf"));
  const adjust = (delta: bigint, more = {}) =>
    app.staff.adjustCapacity({ listing: listing("shelf"), delta, reason: "stocktaking", ...more });
  expect(await refusalOf(adjust(-2n))).toBe("FAILED_PRECONDITION CAPACITY_BELOW_CLAIMS");
  expect(await refusalOf(adjust(1n, { etag: '"1"' }))).toBe("ABORTED ETAG_MISMATCH");
  const request = { requestId: "once" };
  expect((await adjust(-1n, request)).capacityLevel).toMatchObject({ onHand: 1n, held: 1n });
  expect((await adjust(-1n, request)).capacityLevel?.onHand).toBe(1n);
  const endless = { listing: listing("endless"), delta: 1n, reason: "more" };
  expect(await refusalOf(app.staff.adjustCapacity(endless))).toBe("FAILED_PRECONDITION CAPACITY_UNLIMITED");
  const { changes } = await app.staff.listCapacityChanges({ listing: listing("shelf") });
  expect(changes.map(({ delta, onHand, reason }) => [delta, onHand, reason])).toEqual([
    [-1n, 1n, "stocktaking"],
    [2n, 2n, "CATALOG"],
  ]);
  const shop = await app.as({ market, party: "shop", principal: `${parent}/parties/shop` });
  expect((await shop.listCapacityLevels({ parent })).capacityLevels.map(({ listing }) => listing)).toEqual([
    listing("shelf"),
  ]);
  expect(await refusalOf(shop.getCapacityLevel({ name: levelName("endless") }))).toBe(
    "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE",
  );
});

test("an export is a snapshot behind a position of the feed", async () => {
  await until(async () => {
    const [row] = await app.database.background((tx) =>
      tx.execute<{ open: string }>(
        sql`select count(*) as open from marketmesh.outbox where feed_seq is null`,
      ),
    );
    return row!.open === "0";
  });
  const parts = [];
  for await (const part of app.staff.exportCapacityLevels({ parent })) parts.push(part);
  expect(parts[0]!.feedEpoch).toBe(1n);
  expect(parts[0]!.feedSeq).toBeGreaterThan(0n);
  const { capacityLevels } = await app.staff.listCapacityLevels({ parent, pageSize: 1_000 });
  expect(parts.flatMap((part) => part.capacityLevels)).toEqual(capacityLevels);
});

test("lists page to the end with tokens that fit no other list", async () => {
  const all = (await app.staff.listCapacityLevels({ parent })).capacityLevels.map(({ name }) => name);
  const paged: string[] = [];
  let pageToken = "";
  do {
    const page = await app.staff.listCapacityLevels({ parent, pageSize: 2, pageToken });
    paged.push(...page.capacityLevels.map(({ name }) => name));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(paged).toEqual(all);
  const first = await app.staff.listCapacityLevels({ parent, pageSize: 1 });
  expect(await refusalOf(app.staff.listHolds({ parent, pageToken: first.nextPageToken }))).toBe(
    "INVALID_ARGUMENT PAGE_TOKEN_INVALID",
  );
});

test("plans are versioned, checked, and keep their kinds", async () => {
  const name = `${parent}/plans/versioned`;
  const { plan } = await createPlan(app.staff, { topK: 7 }, "versioned");
  expect(plan).toMatchObject({ name, version: 1n, topK: 7 });
  expect(await refusalOf(createPlan(app.staff, {}, "versioned"))).toBe("ALREADY_EXISTS PLAN_ALREADY_EXISTS");
  const whole = { strategy: 1, unitMode: 2 };
  expect(await refusalOf(createPlan(app.staff, whole, "odd"))).toBe("INVALID_ARGUMENT PLAN_INVALID");
  expect((await app.staff.updatePlan({ plan: plan! })).plan?.version).toBe(1n);
  const changed = { ...plan!, topK: 9 };
  expect((await app.staff.updatePlan({ plan: changed })).plan).toMatchObject({ version: 2n, topK: 9 });
  expect(await refusalOf(app.staff.updatePlan({ plan: changed }))).toBe("ABORTED ETAG_MISMATCH");
  const moved = { ...plan!, etag: "", demandKind: `${parent}/kinds/other` };
  expect(await refusalOf(app.staff.updatePlan({ plan: moved }))).toBe("INVALID_ARGUMENT PLAN_INVALID");
  expect((await app.staff.getPlan({ name, version: 1n })).plan).toMatchObject({ version: 1n, topK: 7 });
  expect(await refusalOf(app.staff.getPlan({ name, version: 9n }))).toBe("NOT_FOUND PLAN_NOT_FOUND");
  expect(await refusalOf(app.staff.getPlan({ name, version: 2n ** 63n - 1n }))).toBe(
    "NOT_FOUND PLAN_NOT_FOUND",
  );
});

test("another market's and nobody's resources are refused alike", async () => {
  const stranger = await app.as({ market: "elsewhere", principal: "markets/elsewhere/serviceAccounts/x" });
  expect(await refusalOf(stranger.getCapacityLevel({ name: levelName("stock") }))).toBe(
    "PERMISSION_DENIED MARKET_MISMATCH",
  );
  const reader = await app.as({ market, permissions: ["allocation.capacity.read"] });
  expect(await refusalOf(reader.createHold(hold("buyer", "stock")))).toBe(
    "PERMISSION_DENIED PERMISSION_MISSING",
  );
  expect(await refusalOf(app.staff.getHold({ name: "holds/1" }))).toBe("INVALID_ARGUMENT NAME_INVALID");
});
