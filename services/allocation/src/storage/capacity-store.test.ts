import { expect, test } from "vitest";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { insertLevels, readTakenOrdinals } from "./capacity-store.ts";

const market = "bazaar";

test("taken ordinals are those of the kind's newest epoch", async () => {
  await using opened = await openTestDatabase();
  const taken = { held: 1 };
  const levels = [
    levelOf({ listingId: "old", ordinal: 7, ordinalEpoch: 1, ...taken }),
    levelOf({ listingId: "new", ordinal: 3, ordinalEpoch: 2, ...taken }),
    levelOf({ listingId: "free", ordinal: 4, ordinalEpoch: 2 }),
  ];
  const read = () =>
    opened.database.transaction(staffOf(market), (tx) => readTakenOrdinals(tx, market, "tool"));
  expect(await read()).toEqual({ epoch: 0, ordinals: [] });
  await opened.database.transaction(staffOf(market), (tx) => insertLevels(tx, market, levels));
  expect(await read()).toEqual({ epoch: 2, ordinals: [3] });
});
