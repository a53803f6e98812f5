import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Clock_Mode, Hold_State } from "@marketmesh/contracts/allocation/v1";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, listing, market, parent, refusalOf, startAllocation } from "./start-allocation.ts";

let app: App;
const begin = Date.parse("2030-01-01T00:00:00Z");
const hour = (n: number) => timestampFromDate(new Date(begin + n * 3_600_000));
const advanceTo = (n: number) => app.staff.advanceClock({ name: `${parent}/clock`, time: hour(n) });

beforeAll(async () => {
  app = await startAllocation();
  await app.staff.createClock({ parent, clock: { mode: Clock_Mode.SANDBOX, time: hour(0) } });
});
afterAll(() => app[Symbol.asyncDispose]());

const reason = "because";
const slot = (id: string, start: number, units = 1n) => ({
  id,
  startTime: hour(start),
  endTime: hour(start + 1),
  units,
});
const hold = (demand: string, supply: string, more: Record<string, unknown> = {}) =>
  app.staff.createHold({ parent, hold: { demand: listing(demand), supply: listing(supply), ...more } });
const levelOf = async (id: string) =>
  (await app.staff.getCapacityLevel({ name: `${parent}/capacityLevels/${id}` })).capacityLevel!;
const slotsOf = async (id: string) =>
  (await app.inventory.listCapacityPools({ listing: listing(id) })).pools.flatMap((pool) =>
    pool.slot === "" ? [] : [[pool.slot, Number(pool.onHand), Number(pool.held), Number(pool.allocated)]],
  );

describe("time slots", () => {
  beforeAll(() =>
    app.list({ id: "doctor", side: "SUPPLY", units: 0 }, { id: "patient", side: "DEMAND", units: 20 }),
  );

  test("are defined, claimed by id or earliest first, and not once they are over", async () => {
    const { inventory } = app;
    const slots = [slot("nine", 9), slot("ten", 10, 2n)];
    const { capacityLevel } = await inventory.replaceSlots({ listing: listing("doctor"), slots, reason });
    expect(capacityLevel).toMatchObject({ onHand: 3n });
    await inventory.defineSlot({ listing: listing("doctor"), slot: slot("eleven", 11), reason });
    const until = { expireTime: hour(100) };
    expect((await hold("patient", "doctor", { slot: "ten", ...until })).hold).toMatchObject({ slot: "ten" });
    expect((await hold("patient", "doctor", until)).hold).toMatchObject({ slot: "nine" });
    expect(await refusalOf(hold("patient", "doctor", { slot: "nine" }))).toBe(
      "FAILED_PRECONDITION CAPACITY_EXHAUSTED",
    );
    await advanceTo(11);
    expect(await refusalOf(hold("patient", "doctor", { slot: "ten" }))).toBe("FAILED_PRECONDITION SLOT_OVER");
    expect((await hold("patient", "doctor", until)).hold).toMatchObject({ slot: "eleven" });
    expect(await slotsOf("doctor")).toEqual([
      ["eleven", 1, 1, 0],
      ["nine", 1, 1, 0],
      ["ten", 2, 1, 0],
    ]);
  });

  test("with claims cannot go away or move; what is over gives back what nobody claimed", async () => {
    const { inventory } = app;
    const claimed = "FAILED_PRECONDITION SLOT_CLAIMED";
    const doctor = { listing: listing("doctor"), reason };
    expect(await refusalOf(inventory.replaceSlots({ ...doctor, slots: [slot("noon", 12)] }))).toBe(claimed);
    expect(await refusalOf(inventory.defineSlot({ ...doctor, slot: slot("eleven", 13) }))).toBe(claimed);
    expect(await refusalOf(inventory.defineSlot({ ...doctor, slot: slot("eleven", 11, 0n) }))).toBe(
      "FAILED_PRECONDITION CAPACITY_BELOW_CLAIMS",
    );
    const slots = [slot("eleven", 11), slot("noon", 12)];
    await inventory.replaceSlots({ ...doctor, slots });
    expect(await slotsOf("doctor")).toEqual([
      ["eleven", 1, 1, 0],
      ["nine", 1, 1, 0],
      ["noon", 1, 0, 0],
      ["ten", 1, 1, 0],
    ]);
  });

  test("that are over and were used keep their id", async () => {
    const { holds } = await app.staff.listHolds({ parent, state: Hold_State.HELD });
    const nine = holds.find((one) => one.slot === "nine")!;
    await app.staff.confirmHold({ name: nine.name });
    expect((await levelOf("doctor")).pools.map((pool) => pool.slot)).not.toContain("nine");
    const again = { listing: listing("doctor"), slot: slot("nine", 20), reason };
    expect(await refusalOf(app.inventory.defineSlot(again))).toBe("FAILED_PRECONDITION SLOT_CLAIMED");
    expect(await slotsOf("doctor")).toContainEqual(["nine", 1, 0, 1]);
  });

  test("are refused for demand, backwards, twice and beyond a thousand", async () => {
    const { inventory } = app;
    const doctor = { listing: listing("doctor"), reason };
    const demand = { listing: listing("patient"), reason, slot: slot("one", 1) };
    expect(await refusalOf(inventory.defineSlot(demand))).toBe("INVALID_ARGUMENT SIDE_INVALID");
    const backwards = { ...slot("one", 3), endTime: hour(2) };
    expect(await refusalOf(inventory.defineSlot({ ...doctor, slot: backwards }))).toMatch("INVALID_ARGUMENT");
    const twice = [slot("one", 30), slot("one", 31)];
    expect(await refusalOf(inventory.replaceSlots({ ...doctor, slots: twice }))).toMatch("INVALID_ARGUMENT");
    await app.list({ id: "hall", side: "SUPPLY", units: 0 });
    const hall = { listing: listing("hall"), reason };
    const many = Array.from({ length: 1_000 }, (_, n) => slot(`s${n}`, 30 + n));
    const { capacityLevel } = await inventory.replaceSlots({ ...hall, slots: many });
    expect(capacityLevel!.pools.length).toBe(1_000);
    expect(await refusalOf(inventory.defineSlot({ ...hall, slot: slot("more", 40) }))).toBe(
      "FAILED_PRECONDITION POOLS_EXHAUSTED",
    );
    const beyond = [...many, slot("more", 40)];
    expect(await refusalOf(inventory.replaceSlots({ ...hall, slots: beyond }))).toMatch("INVALID_ARGUMENT");
  });
});

test("nobody claims what is under embargo, and everybody once it is over", async () => {
  await app.list({ id: "dataset", side: "SUPPLY", unlimited: true }, { id: "reader", side: "DEMAND" });
  const dataset = { listing: listing("dataset"), reason };
  await app.inventory.setEmbargo({ ...dataset, embargoUntil: hour(14) });
  expect(await refusalOf(hold("reader", "dataset"))).toBe("FAILED_PRECONDITION CAPACITY_EMBARGOED");
  expect((await levelOf("dataset")).embargoUntil).toEqual(hour(14));
  await advanceTo(14);
  await hold("reader", "dataset");
  await app.inventory.setEmbargo(dataset);
  expect((await levelOf("dataset")).embargoUntil).toBeUndefined();
  expect(await refusalOf(app.inventory.setEmbargo({ ...dataset, listing: listing("reader") }))).toBe(
    "INVALID_ARGUMENT SIDE_INVALID",
  );
});

describe("a bundle", () => {
  beforeAll(() =>
    app.list(
      { id: "flight", side: "SUPPLY", units: 3, owner: "air" },
      { id: "hotel", side: "SUPPLY", units: 5, owner: "inn" },
      { id: "trip", side: "DEMAND", units: 2, owner: "traveller" },
    ),
  );
  const components = (flights: bigint, nights: bigint) => [
    { supply: listing("flight"), units: flights },
    { supply: listing("hotel"), units: nights },
  ];
  const create = (flights: bigint, nights: bigint, more: Record<string, unknown> = {}) =>
    app.inventory.createBundle({
      parent,
      bundle: { demand: listing("trip"), components: components(flights, nights), ...more },
    });
  const claims = async () =>
    Promise.all(
      ["trip", "flight", "hotel"].map(async (id) => {
        const { held, allocated } = await levelOf(id);
        return [Number(held), Number(allocated)];
      }),
    );

  test("is held whole or not at all", async () => {
    expect(await refusalOf(create(1n, 6n))).toBe("FAILED_PRECONDITION CAPACITY_EXHAUSTED");
    expect(await refusalOf(create(1n, 1n, { demandUnits: 3n }))).toBe(
      "FAILED_PRECONDITION CAPACITY_EXHAUSTED",
    );
    const past = create(1n, 1n, { expireTime: hour(1) });
    expect(await refusalOf(past)).toBe("INVALID_ARGUMENT EXPIRE_TIME_PAST");
    expect(await claims()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  test("is confirmed as one, once; its holds are not settled apart", async () => {
    const { bundle } = await create(2n, 3n);
    expect(bundle).toMatchObject({ state: Hold_State.HELD, demandUnits: 1n });
    expect(await claims()).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    const name = bundle!.components[1]!.hold;
    for (const call of [
      () => app.staff.confirmHold({ name }),
      () => app.staff.releaseHold({ name }),
      () => app.staff.renewHold({ name, expireTime: hour(200) }),
    ]) {
      expect(await refusalOf(call())).toBe("FAILED_PRECONDITION HOLD_IN_BUNDLE");
    }
    const stale = app.inventory.confirmBundle({ name: bundle!.name, etag: '"7"' });
    expect(await refusalOf(stale)).toBe("ABORTED ETAG_MISMATCH");
    const confirmed = await app.inventory.confirmBundle({ name: bundle!.name, etag: bundle!.etag });
    expect(confirmed.bundle).toMatchObject({ state: Hold_State.CONFIRMED });
    expect(await app.inventory.confirmBundle({ name: bundle!.name })).toEqual(confirmed);
    expect((await app.inventory.getBundle({ name: bundle!.name })).bundle).toEqual(confirmed.bundle);
    expect(await refusalOf(app.inventory.releaseBundle({ name: bundle!.name }))).toBe(
      "FAILED_PRECONDITION HOLD_NOT_HELD",
    );
    expect(await claims()).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
  });

  test("goes back as one, when it is let go and when its time is over", async () => {
    const released = (await create(1n, 1n)).bundle!;
    await app.inventory.releaseBundle({ name: released.name });
    const expiring = (await create(1n, 2n, { expireTime: hour(15) })).bundle!;
    await advanceTo(15);
    const { bundle } = await app.inventory.getBundle({ name: expiring.name });
    expect(bundle).toMatchObject({ state: Hold_State.EXPIRED });
    expect(await refusalOf(app.inventory.confirmBundle({ name: expiring.name }))).toBe(
      "FAILED_PRECONDITION HOLD_NOT_HELD",
    );
    expect(await claims()).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
  });

  test("has up to twenty components, each of another listing than the demand", async () => {
    const pile = (n: number) => Array.from({ length: n }, () => ({ supply: listing("pebble") }));
    await app.list({ id: "pebble", side: "SUPPLY", units: 100 }, { id: "jar", side: "DEMAND" });
    const jar = (parts: { supply: string }[]) =>
      app.inventory.createBundle({ parent, bundle: { demand: listing("jar"), components: parts } });
    expect(await refusalOf(jar(pile(21)))).toMatch("INVALID_ARGUMENT");
    expect(await refusalOf(jar([]))).toMatch("INVALID_ARGUMENT");
    expect(await refusalOf(jar([{ supply: listing("jar") }]))).toMatch("INVALID_ARGUMENT");
    const { bundle } = await jar(pile(20));
    expect(bundle!.components.length).toBe(20);
    expect((await levelOf("pebble")).held).toBe(20n);
  });

  test("is the staff's to see, and a party's to make of its own listings alone", async () => {
    const { bundle } = await create(1n, 1n);
    const permissions = ["allocation.holds.create", "allocation.holds.read", "allocation.holds.settle"];
    const claims = { market, party: "traveller", principal: `${parent}/parties/traveller`, permissions };
    const traveller = await app.inventoryAs(claims);
    const hidden = "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE";
    expect(await refusalOf(traveller.getBundle({ name: bundle!.name }))).toBe(hidden);
    expect(await refusalOf(traveller.confirmBundle({ name: bundle!.name }))).toBe(hidden);
    const own = { demand: listing("trip"), components: components(1n, 1n) };
    expect(await refusalOf(traveller.createBundle({ parent, bundle: own }))).toBe(hidden);
    expect(await refusalOf(app.inventory.getBundle({ name: `${parent}/bundles/none` }))).toBe(
      "NOT_FOUND BUNDLE_NOT_FOUND",
    );
  });
});
