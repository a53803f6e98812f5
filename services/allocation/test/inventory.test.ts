import { CapacityChange_Kind } from "@marketmesh/contracts/allocation/v1";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, listing, market, parent, refusalOf, startAllocation } from "./start-allocation.ts";

let app: App;
beforeAll(async () => {
  app = await startAllocation();
});
afterAll(() => app[Symbol.asyncDispose]());

const reason = "because";
const at = (id: string, location = "") => ({ listing: listing(id), location, reason });
const hold = (demand: string, supply: string, more: { units?: bigint; location?: string } = {}) =>
  app.staff.createHold({ parent, hold: { demand: listing(demand), supply: listing(supply), ...more } });
const levelOf = async (id: string) =>
  (await app.staff.getCapacityLevel({ name: `${parent}/capacityLevels/${id}` })).capacityLevel!;
const poolsOf = async (id: string, location = "") =>
  (await app.inventory.listCapacityPools({ listing: listing(id), location })).pools.map((pool) => [
    pool.location || "-",
    Number(pool.onHand),
    Number(pool.held),
    Number(pool.allocated),
  ]);

describe("stock by location", () => {
  beforeAll(() =>
    app.list(
      { id: "shelf", side: "SUPPLY", units: 4, owner: "shop" },
      { id: "buyer", side: "DEMAND", units: 50 },
      { id: "endless", side: "SUPPLY", unlimited: true },
    ),
  );

  test("comes, moves, is corrected, written off and counted, and the history says who, why and where", async () => {
    await app.inventory.receiveStock({ ...at("shelf", "north"), units: 6n });
    await app.inventory.correctStock({ ...at("shelf", "north"), delta: -1n });
    await app.inventory.writeOffStock({ ...at("shelf"), units: 1n });
    const { listing: name } = at("shelf");
    const transfer = { listing: name, fromLocation: "north", toLocation: "south", units: 2n, reason };
    await app.inventory.transferStock(transfer);
    const { capacityLevel } = await app.inventory.recordStockCount({
      ...at("shelf", "south"),
      countedUnits: 7n,
    });
    expect(capacityLevel).toMatchObject({ onHand: 13n, held: 0n });
    expect(await poolsOf("shelf")).toEqual([
      ["-", 3, 0, 0],
      ["north", 3, 0, 0],
      ["south", 7, 0, 0],
    ]);
    const { changes } = await app.staff.listCapacityChanges({ listing: name });
    const { RECEIVE, CORRECT, WRITE_OFF, TRANSFER, COUNT, CATALOG } = CapacityChange_Kind;
    expect(changes.map(({ kind, delta, onHand }) => [kind, Number(delta), Number(onHand)])).toEqual([
      [COUNT, 5, 13],
      [TRANSFER, 0, 8],
      [WRITE_OFF, -1, 8],
      [CORRECT, -1, 9],
      [RECEIVE, 6, 10],
      [CATALOG, 4, 4],
    ]);
    expect(changes[1]).toMatchObject({
      reason,
      principal: `${parent}/serviceAccounts/staff`,
      moves: [
        { location: "north", delta: -2n },
        { location: "south", delta: 2n },
      ],
    });
  });

  test("is of supply: what demand wants is at no location", async () => {
    const { inventory } = app;
    const invalid = "INVALID_ARGUMENT SIDE_INVALID";
    const north = at("buyer", "north");
    const move = { listing: listing("buyer"), fromLocation: "", toLocation: "north", units: 50n, reason };
    expect(await refusalOf(inventory.receiveStock({ ...north, units: 1n }))).toBe(invalid);
    expect(await refusalOf(inventory.correctStock({ ...north, delta: 1n }))).toBe(invalid);
    expect(await refusalOf(inventory.recordStockCount({ ...north, countedUnits: 1n }))).toBe(invalid);
    expect(await refusalOf(inventory.transferStock(move))).toBe(invalid);
    await inventory.correctStock({ ...at("buyer"), delta: 1n });
    expect(await levelOf("buyer")).toMatchObject({ onHand: 51n, pools: [] });
  });

  test("a hold takes it where it says, or the default location first and then by id", async () => {
    const named = (await hold("buyer", "shelf", { units: 2n, location: "south" })).hold!;
    expect(named).toMatchObject({ location: "south" });
    expect((await hold("buyer", "shelf", { units: 3n })).hold!.location).toBe("");
    expect((await hold("buyer", "shelf", { units: 1n })).hold!.location).toBe("north");
    expect(await refusalOf(hold("buyer", "shelf", { units: 6n }))).toBe(
      "FAILED_PRECONDITION CAPACITY_EXHAUSTED",
    );
    expect(await refusalOf(hold("buyer", "shelf", { location: "west" }))).toBe("NOT_FOUND POOL_NOT_FOUND");
    await app.staff.confirmHold({ name: named.name });
    expect(await poolsOf("shelf")).toEqual([
      ["-", 3, 3, 0],
      ["north", 3, 1, 0],
      ["south", 7, 0, 2],
    ]);
    const { pools, held, allocated } = await levelOf("shelf");
    expect([pools.length, held, allocated]).toEqual([2, 4n, 2n]);
  });

  test("a hold that is let go gives its units back where they were", async () => {
    const { hold: held } = await hold("buyer", "shelf", { location: "south" });
    await app.staff.releaseHold({ name: held!.name });
    expect(await poolsOf("shelf", "south")).toEqual([["south", 7, 0, 2]]);
  });

  test("nothing goes below what is claimed at its place: the refusal says how much that is", async () => {
    const { inventory } = app;
    const below = "FAILED_PRECONDITION CAPACITY_BELOW_CLAIMS";
    expect(await refusalOf(inventory.writeOffStock({ ...at("shelf", "south"), units: 6n }))).toBe(below);
    expect(await refusalOf(inventory.correctStock({ ...at("shelf"), delta: -1n }))).toBe(below);
    const shifted = { listing: listing("shelf"), fromLocation: "north", toLocation: "south", reason };
    expect(await refusalOf(inventory.transferStock({ ...shifted, units: 3n }))).toBe(below);
    const short = inventory.recordStockCount({ ...at("shelf", "south"), countedUnits: 1n });
    expect(await refusalOf(short)).toBe(below);
    const metadata = await short.catch((error) => error.details[0].debug.metadata);
    const claims = { claimed: "2", held: "0", allocated: "2", allowed: "2" };
    expect(metadata).toMatchObject({ location: "south", ...claims });
    const gone = { ...at("shelf", "south"), countedUnits: 4n, allocatedGone: true };
    await inventory.recordStockCount(gone);
    expect(await poolsOf("shelf", "south")).toEqual([["south", 6, 0, 2]]);
    await inventory.writeOffStock({ ...at("shelf", "south"), units: 4n });
    expect(await poolsOf("shelf", "south")).toEqual([["south", 2, 0, 2]]);
  });

  test("is refused where it makes no sense", async () => {
    const { inventory } = app;
    expect(await refusalOf(inventory.receiveStock({ ...at("nowhere"), units: 1n }))).toBe(
      "NOT_FOUND CAPACITY_NOT_FOUND",
    );
    expect(await refusalOf(inventory.receiveStock({ ...at("endless"), units: 1n }))).toBe(
      "FAILED_PRECONDITION CAPACITY_UNLIMITED",
    );
    expect(await refusalOf(inventory.writeOffStock({ ...at("shelf", "moon"), units: 1n }))).toBe(
      "NOT_FOUND POOL_NOT_FOUND",
    );
    const same = { listing: listing("shelf"), fromLocation: "north", toLocation: "north", units: 1n, reason };
    expect(await refusalOf(inventory.transferStock(same))).toMatch("INVALID_ARGUMENT");
    for (const bad of [
      { ...at("shelf"), units: 0n },
      { ...at("shelf"), units: -1n },
      { ...at("shelf"), units: 1_000_000_001n },
      { ...at("shelf", "a b"), units: 1n },
      { ...at("shelf"), units: 1n, reason: "" },
    ]) {
      expect(await refusalOf(inventory.receiveStock(bad))).toMatch("INVALID_ARGUMENT");
    }
    const stale = inventory.receiveStock({ ...at("shelf"), units: 1n, etag: '"1"' });
    expect(await refusalOf(stale)).toBe("ABORTED ETAG_MISMATCH");
  });

  test("the same request id is one receipt, and receipts at once are all there", async () => {
    const once = { ...at("shelf", "east"), units: 1n, requestId: "receipt-1" };
    await app.inventory.receiveStock(once);
    await app.inventory.receiveStock(once);
    expect(await poolsOf("shelf", "east")).toEqual([["east", 1, 0, 0]]);
    const many = Array.from({ length: 20 }, () =>
      app.inventory.receiveStock({ ...at("shelf", "east"), units: 1n }),
    );
    await Promise.all(many);
    expect(await poolsOf("shelf", "east")).toEqual([["east", 21, 0, 0]]);
  });

  test("of two who want the last unit at a location one has it", async () => {
    await app.inventory.receiveStock({ ...at("shelf", "last"), units: 1n });
    const tries = [0, 1].map(() => hold("buyer", "shelf", { location: "last" }));
    const ended = await Promise.allSettled(tries);
    expect(ended.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await poolsOf("shelf", "last")).toEqual([["last", 1, 1, 0]]);
  });

  test("a party sees the places of its own listings, and changes none", async () => {
    const claims = (party: string) => ({ market, party, principal: `${parent}/parties/${party}` });
    const shop = await app.inventoryAs(claims("shop"));
    expect((await shop.listCapacityPools({ listing: listing("shelf") })).pools.length).toBeGreaterThan(3);
    const other = await app.inventoryAs(claims("other"));
    expect(await refusalOf(other.listCapacityPools({ listing: listing("shelf") }))).toBe(
      "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE",
    );
    const reader = await app.inventoryAs({ market, permissions: ["allocation.capacity.read"] });
    expect(await refusalOf(reader.receiveStock({ ...at("shelf"), units: 1n }))).toBe(
      "PERMISSION_DENIED PERMISSION_MISSING",
    );
  });

  test("places are listed page by page, each once", async () => {
    const seen: string[] = [];
    for (let pageToken = ""; ; ) {
      const page = await app.inventory.listCapacityPools({
        listing: listing("shelf"),
        pageSize: 2,
        pageToken,
      });
      expect(page.pools.length).toBeLessThanOrEqual(2);
      seen.push(...page.pools.map(({ location }) => location));
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    expect(seen).toEqual(["", "east", "last", "north", "south"]);
  });

  test("a change of the listing leaves its places as they are", async () => {
    const before = await poolsOf("shelf");
    await app.list({ id: "shelf", side: "SUPPLY", units: 9, owner: "shop" }, { id: "mark", side: "SUPPLY" });
    const after = await poolsOf("shelf");
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(after[0]![1]).toBe(Number(before[0]![1]) + 5);
  });
});
