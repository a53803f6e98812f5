import { create } from "@bufbuild/protobuf";
import { Listing_State, ListingUpdatedSchema } from "@marketmesh/contracts/catalog/v1";
import { type Envelope, EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import type { Database } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { listCapacityChanges } from "../storage/capacity-change-store.ts";
import { readLevels } from "../storage/capacity-store.ts";
import { openTestDatabase } from "../testing/database.ts";
import { onListing } from "./on-listing.ts";
import { pack } from "./outbox.ts";

const market = "bazaar";
const sideOf = async (kind: string) => (kind.endsWith("/want") ? "DEMAND" : "SUPPLY");

interface Given {
  readonly version: number;
  readonly units?: number;
  readonly state?: Listing_State;
  readonly id?: string;
}

function envelope({ version, units = 1, state = Listing_State.ACTIVE, id = "s" }: Given): Envelope {
  const listing = {
    name: `markets/${market}/listings/${id}`,
    kind: `markets/${market}/kinds/tool`,
    state,
    owner: `markets/${market}/parties/shop`,
    capacity: { units: BigInt(units) },
    version: BigInt(version),
    ordinal: 4,
    ordinalEpoch: 1n,
  };
  return create(EnvelopeSchema, { market, fact: pack(ListingUpdatedSchema, { listing }) });
}

const project = (database: Database, ...given: Given[]) =>
  database.background((tx) => onListing(sideOf, tx, given.map(envelope)));

async function levelIn(database: Database) {
  const [level] = await database.background((tx) => readLevels(tx, market, ["s"]));
  return level!;
}

const history = async (database: Database) =>
  (await database.background((tx) => listCapacityChanges(tx, market, "s", 1_000, 100))).map(
    ({ delta, onHand, reason }) => [delta, onHand, reason],
  );

test("facts may come twice, late and out of order: the newest stays", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await project(database, { version: 3, units: 5 }, { version: 2, units: 9 });
  await project(database, { version: 3, units: 7 });
  await project(database, { version: 1, units: 1 });
  expect(await levelIn(database)).toMatchObject({
    onHand: 5,
    listingVersion: 3,
    version: 1,
    side: "SUPPLY",
    kind: "tool",
    ownerParty: "shop",
    ordinal: 4,
    open: true,
  });
  expect(await history(database)).toEqual([[5, 5, "CATALOG"]]);
});

test("a listing that shrinks below its claims keeps them, and says so in its history", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await project(database, { version: 1, units: 5 });
  await database.background((tx) => tx.execute(sql`update capacity_levels set held = 2, allocated = 2`));
  await project(database, { version: 2, units: 1 });
  expect(await levelIn(database)).toMatchObject({ onHand: 4, catalogUnits: 1, held: 2, allocated: 2 });
  expect(await history(database)).toEqual([
    [-1, 4, "CATALOG_CLAMPED"],
    [5, 5, "CATALOG"],
  ]);
});

test("corrections survive later changes of the listing", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await project(database, { version: 1, units: 5 });
  await database.background((tx) => tx.execute(sql`update capacity_levels set adjustment = -2, on_hand = 3`));
  await project(database, { version: 2, units: 10 });
  expect((await levelIn(database)).onHand).toBe(8);
});

test("a listing that is paused or closed takes no new claims", async () => {
  await using opened = await openTestDatabase();
  await project(opened.database, { version: 1 });
  await project(opened.database, { version: 2, state: Listing_State.CLOSED });
  expect((await levelIn(opened.database)).open).toBe(false);
});

test("two replicas that project the same new listings at once end with the newest, each version announced once", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const ids = Array.from({ length: 50 }, (_, n) => `new-${n}`);
  await Promise.all([
    project(database, ...ids.map((id) => ({ id, version: 1, units: 1 }))),
    project(database, ...ids.toReversed().map((id) => ({ id, version: 2, units: 2 }))),
  ]);
  const levels = await database.background((tx) => readLevels(tx, market, ids));
  expect(levels.map(({ onHand, listingVersion }) => [onHand, listingVersion])).toEqual(ids.map(() => [2, 2]));
  const repeated = await database.background((tx) =>
    tx.execute(sql`select 1 from marketmesh.outbox group by aggregate_id, version having count(*) > 1`),
  );
  expect(repeated).toHaveLength(0);
});
