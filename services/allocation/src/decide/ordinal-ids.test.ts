import type { Tx } from "@marketmesh/postgres";
import { expect, test } from "vitest";
import { insertLevels } from "../storage/capacity-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { OrdinalIds } from "./ordinal-ids.ts";

const market = "bazaar";

test("who asks for an unknown id learns those in order too, and they are not asked for again", async () => {
  await using opened = await openTestDatabase();
  const levels = Array.from({ length: 5 }, (_, n) => levelOf({ listingId: `s${n}`, ordinal: n * 10 }));
  const other = levelOf({ listingId: "other", ordinal: 5, ordinalEpoch: 2 });
  await opened.database.transaction(staffOf(market), (tx) => insertLevels(tx, market, [...levels, other]));
  let reads = 0;
  const read = <T>(work: (tx: Tx) => Promise<T>) => {
    reads++;
    return opened.database.transaction(staffOf(market), work, { readOnly: true });
  };
  const ids = new OrdinalIds();
  const idsOf = (...ordinals: number[]) => ids.idsOf(market, "tool", 1, ordinals, read);
  expect((await idsOf(40)).get(40)).toBe("s4");
  expect([...(await idsOf(0, 10, 20, 30, 40)).values()].sort()).toEqual(["s0", "s1", "s2", "s3", "s4"]);
  expect(reads).toBe(1);
  expect((await idsOf(0, 50)).get(50)).toBeUndefined();
  const late = levelOf({ listingId: "late", ordinal: 50 });
  await opened.database.transaction(staffOf(market), (tx) => insertLevels(tx, market, [late]));
  expect((await idsOf(50)).get(50)).toBe("late");
  expect(reads).toBe(3);
});
