import { ConnectError } from "@connectrpc/connect";
import type { Database } from "@marketmesh/postgres";
import { reasonOf } from "@marketmesh/rpc";
import { expect, test } from "vitest";
import { insertLevels } from "../storage/capacity-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { exportParts } from "./export-levels.ts";

const market = "bazaar";
const staff = staffOf(market);
const never = new AbortController().signal;

function seed(database: Database) {
  return database.transaction(staff, (tx) => insertLevels(tx, market, [levelOf({ listingId: "s" })]));
}

async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error) => reasonOf(ConnectError.from(error)),
  );
}

test("four exports run at once; the next is refused until one ends", async () => {
  await using opened = await openTestDatabase();
  await seed(opened.database);
  const begin = () => exportParts(opened.database, staff, market, never);
  const exports = Array.from({ length: 4 }, begin);
  for (const parts of exports) expect((await parts.next()).done).toBe(false);
  expect(await refusalOf(begin().next())).toBe("OVERLOADED");
  for (const parts of exports) await parts.return(undefined);
  await nextBegins(begin);
});

test("an export whose reader takes nothing is given up and leaves its place to others", async () => {
  await using opened = await openTestDatabase();
  await seed(opened.database);
  const begin = () => exportParts(opened.database, staff, market, never, 1);
  const exports = Array.from({ length: 4 }, begin);
  for (const parts of exports) await parts.next();
  await nextBegins(begin);
  const refusals = await Promise.all(exports.map((parts) => refusalOf(parts.next())));
  expect(refusals).toContain("DEADLINE_EXCEEDED");
  for (const parts of exports) await parts.return(undefined);
});

async function nextBegins(begin: () => ReturnType<typeof exportParts>): Promise<void> {
  for (;;) {
    const parts = begin();
    const refusal = await refusalOf(parts.next());
    await parts.return(undefined);
    if (refusal !== "OVERLOADED") return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
