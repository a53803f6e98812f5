import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Hold_State, HoldRest, HoldSettlement_Action } from "@marketmesh/contracts/allocation/v1";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type App,
  endingSoon,
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

let number = 0;
let want = "";
let tool = "";
beforeEach(async () => {
  number++;
  want = `want-${number}`;
  tool = `tool-${number}`;
  await app.list(
    { id: want, side: "DEMAND", units: 10, owner: "buyer" },
    { id: tool, side: "SUPPLY", units: 10, owner: "buyer" },
  );
});

const pair = (units = 1n) => ({ demand: listing(want), supply: listing(tool), units });
const create = async (units = 1n) => (await app.staff.createHold({ parent, hold: pair(units) })).hold!;
const levelOf = async (id: string) => {
  const { capacityLevel } = await app.staff.getCapacityLevel({ name: `${parent}/capacityLevels/${id}` });
  return [capacityLevel!.held, capacityLevel!.allocated];
};
const inMs = (ms: number) => timestampFromDate(new Date(Date.now() + ms));

test("a hold is renewed within 366 days of when it was made, while it is held", async () => {
  const hold = await create();
  const later = inMs(3_600_000);
  const renewed = (await app.staff.renewHold({ name: hold.name, expireTime: later, etag: hold.etag })).hold!;
  expect(renewed).toMatchObject({ expireTime: later, version: 2n, state: Hold_State.HELD });
  const renew = (more: object) => app.staff.renewHold({ name: hold.name, expireTime: later, ...more });
  expect((await renew({ etag: hold.etag })).hold).toEqual(renewed);
  expect(await refusalOf(renew({ expireTime: inMs(7_200_000), etag: hold.etag }))).toBe(
    "ABORTED ETAG_MISMATCH",
  );
  expect(await refusalOf(renew({ expireTime: inMs(-1) }))).toBe("INVALID_ARGUMENT EXPIRE_TIME_PAST");
  const made = timestampDate(hold.createTime!).getTime();
  const latest = new Date(made + 366 * 86_400_000);
  const tooLate = timestampFromDate(new Date(latest.getTime() + 1));
  expect(await refusalOf(renew({ expireTime: tooLate }))).toBe("INVALID_ARGUMENT EXPIRE_TIME_TOO_LATE");
  const last = (await renew({ expireTime: timestampFromDate(latest), requestId: "renew" })).hold!;
  expect((await renew({ expireTime: timestampFromDate(latest), requestId: "renew" })).hold).toEqual(last);
  expect(await refusalOf(renew({ name: `${parent}/holds/none` }))).toBe("NOT_FOUND HOLD_NOT_FOUND");
  await app.staff.releaseHold({ name: hold.name });
  expect(await refusalOf(renew({}))).toBe("FAILED_PRECONDITION HOLD_NOT_HELD");
});

test("some units are confirmed, and the others go back", async () => {
  const { name } = await create(5n);
  expect(await refusalOf(app.staff.confirmHold({ name, units: 6n }))).toBe(
    "FAILED_PRECONDITION HOLD_UNITS_EXCEEDED",
  );
  const confirmed = await app.staff.confirmHold({ name, units: 2n, requestId: "some" });
  expect(confirmed.hold).toMatchObject({ state: Hold_State.CONFIRMED, units: 2n, releasedUnits: 3n });
  expect(confirmed.allocation?.units).toBe(2n);
  expect(confirmed.rest).toBeUndefined();
  expect(await app.staff.confirmHold({ name, units: 2n })).toEqual(confirmed);
  expect(await refusalOf(app.staff.confirmHold({ name, units: 3n }))).toBe(
    "FAILED_PRECONDITION HOLD_NOT_HELD",
  );
  expect([await levelOf(want), await levelOf(tool)]).toEqual([
    [0n, 2n],
    [0n, 2n],
  ]);
});

test("what is not confirmed stays held by a hold of its own, where that is asked for", async () => {
  const hold = await create(5n);
  const { rest, allocation } = await app.staff.confirmHold({
    name: hold.name,
    units: 4n,
    rest: HoldRest.KEEP,
  });
  expect(allocation?.units).toBe(4n);
  expect(rest).toMatchObject({
    units: 1n,
    state: Hold_State.HELD,
    remainderOf: hold.name,
    expireTime: hold.expireTime,
  });
  expect(await levelOf(tool)).toEqual([1n, 4n]);
  const all = await app.staff.confirmHold({ name: rest!.name, units: 1n, rest: HoldRest.KEEP });
  expect(all.rest).toBeUndefined();
  expect(await levelOf(tool)).toEqual([0n, 5n]);
});

test("a batch takes each hold by itself, in the order given, once per request id", async () => {
  await app.list({ id: `other-${number}`, side: "SUPPLY", units: 1, owner: "seller" });
  const holds = [pair(8n), pair(3n), pair(1n), { ...pair(), supply: listing("nowhere") }];
  const { holds: created } = await app.staff.batchCreateHolds({ parent, holds, requestId: "batch" });
  expect(created.map(({ reason, listing: refused }) => [reason, refused])).toEqual([
    ["", ""],
    ["CAPACITY_EXHAUSTED", listing(want)],
    ["", ""],
    ["CAPACITY_NOT_FOUND", listing("nowhere")],
  ]);
  expect((await app.staff.batchCreateHolds({ parent, holds, requestId: "batch" })).holds).toEqual(created);
  expect(await levelOf(tool)).toEqual([9n, 0n]);
  const past = await app.staff.batchCreateHolds({ parent, holds: [{ ...pair(), expireTime: inMs(-9) }] });
  expect(past.holds[0]!.reason).toBe("EXPIRE_TIME_PAST");
  const permissions = ["allocation.holds.create"];
  const buyer = await app.as({ market, party: "buyer", principal: `${parent}/parties/buyer`, permissions });
  const { holds: hidden } = await buyer.batchCreateHolds({
    parent,
    holds: [{ ...pair(), supply: listing(`other-${number}`) }],
  });
  expect(hidden[0]!.reason).toBe("RESOURCE_NOT_ACCESSIBLE");
});

test("1,000 holds are taken and settled in one call each, 1,001 are refused", async () => {
  const thousand = `thousand-${number}`;
  await app.list(
    { id: thousand, side: "SUPPLY", units: 1_000 },
    { id: `${thousand}-want`, side: "DEMAND", units: 1_000 },
  );
  const hold = { demand: listing(`${thousand}-want`), supply: listing(thousand) };
  const holds = Array.from({ length: 1_001 }, () => hold);
  expect(await refusalOf(app.staff.batchCreateHolds({ parent, holds }))).toMatch(/^INVALID_ARGUMENT/);
  const { holds: created } = await app.staff.batchCreateHolds({ parent, holds: holds.slice(1) });
  expect(await levelOf(thousand)).toEqual([1_000n, 0n]);
  const settlements = created.map((one, at) => ({
    hold: one.hold!.name,
    action: at % 2 === 0 ? HoldSettlement_Action.CONFIRM : HoldSettlement_Action.RELEASE,
  }));
  const { holds: settled } = await app.staff.batchSettleHolds({ parent, settlements });
  expect(new Set(settled.map(({ reason }) => reason))).toEqual(new Set([""]));
  expect(await levelOf(thousand)).toEqual([0n, 500n]);
  const more = [...settlements, settlements[0]!];
  expect(await refusalOf(app.staff.batchSettleHolds({ parent, settlements: more }))).toMatch(
    /^INVALID_ARGUMENT/,
  );
});

test("a batch settles each hold by itself and refuses one that is named twice", async () => {
  const [first, second, third] = [await create(3n), await create(2n), await create(1n)];
  const { CONFIRM, RELEASE } = HoldSettlement_Action;
  const settlements = [
    { hold: first.name, action: CONFIRM, units: 1n, rest: HoldRest.KEEP },
    { hold: second.name, action: RELEASE },
    { hold: third.name, action: CONFIRM, units: 2n },
    { hold: `${parent}/holds/none`, action: RELEASE },
  ];
  const { holds } = await app.staff.batchSettleHolds({ parent, settlements, requestId: "settle" });
  expect(holds.map(({ state, reason }) => [state, reason])).toEqual([
    [Hold_State.CONFIRMED, ""],
    [Hold_State.RELEASED, ""],
    [Hold_State.HELD, "HOLD_UNITS_EXCEEDED"],
    [Hold_State.UNSPECIFIED, "HOLD_NOT_FOUND"],
  ]);
  expect((await app.staff.getHold({ name: holds[0]!.rest })).hold?.units).toBe(2n);
  expect((await app.staff.batchSettleHolds({ parent, settlements, requestId: "settle" })).holds).toEqual(
    holds,
  );
  expect(await levelOf(want)).toEqual([3n, 1n]);
  const twice = [settlements[1]!, settlements[1]!];
  expect(await refusalOf(app.staff.batchSettleHolds({ parent, settlements: twice }))).toBe(
    "INVALID_ARGUMENT HOLD_REPEATED",
  );
});

test("single holds that come together are committed together, each judged by itself and remembered", async () => {
  const calls = Array.from({ length: 30 }, (_, at) => ({
    parent,
    hold: pair(),
    requestId: `${number}-${at % 15}`,
  }));
  const answers = await Promise.allSettled(calls.map((call) => app.staff.createHold(call)));
  const names = answers.map((answer) =>
    answer.status === "fulfilled" ? answer.value.hold!.name : String(answer.reason.message),
  );
  // Each request id once, and no more than there is.
  const taken = new Set(names.filter((name) => name.startsWith(parent)));
  expect(taken.size).toBe(10);
  for (let at = 0; at < 15; at++) if (taken.has(names[at]!)) expect(names[at + 15]).toBe(names[at]);
  expect(await levelOf(tool)).toEqual([10n, 0n]);
  const other = {
    ...calls[0]!,
    hold: pair(2n),
    requestId: [...calls].find((_, at) => taken.has(names[at]!))!.requestId,
  };
  expect(await refusalOf(app.staff.createHold(other))).toBe("INVALID_ARGUMENT REQUEST_ID_REUSED");
});

test("a hold lets go as soon as it is due, also one that is renewed to end sooner", async () => {
  const hold = await create(2n);
  await endingSoon((expireTime) => app.staff.renewHold({ name: hold.name, expireTime }));
  await endingSoon((expireTime) => app.staff.createHold({ parent, hold: { ...pair(1n), expireTime } }));
  await until(async () => (await levelOf(tool))[0] === 0n);
  expect((await app.staff.getHold({ name: hold.name })).hold?.state).toBe(Hold_State.EXPIRED);
});
