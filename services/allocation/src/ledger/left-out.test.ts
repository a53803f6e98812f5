import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { LeftOut } from "./left-out.ts";

const ids = Array.from({ length: 64 }, (_, n) => `r${n}`);

/** A group of rows, of which some cannot be done, and what it took. */
function groupOf(poisonous: (id: string) => boolean) {
  const said: unknown[] = [];
  const log = { error: (what: string, more: object) => said.push({ what, ...more }) } as never;
  const clock = { ms: 0 };
  const leftOut = new LeftOut(log, "not done", () => clock.ms);
  const done: string[] = [];
  let transactions = 0;
  const some = async (rows: readonly string[]) => {
    transactions += 1;
    if (rows.some(poisonous)) throw new Error("poison");
    done.push(...rows);
    return rows.length;
  };
  const left = () => ids.filter((id) => !done.includes(id) && !leftOut.rows.includes(id));
  const work = () => leftOut.work("g", { all: () => some(left()), rows: async () => left(), some });
  return { leftOut, said, clock, done, work, count: () => transactions };
}

test("one row that cannot be done keeps no other, is told once, and is tried ever more rarely", async () => {
  const group = groupOf((id) => id === "r17");
  expect(await group.work()).toBe(63);
  expect(group.done).toEqual(ids.filter((id) => id !== "r17"));
  expect(group.count()).toBeLessThan(20);
  expect(group.leftOut.rows).toEqual(["r17"]);
  expect(group.leftOut.has("g")).toBe(false);
  expect(group.said).toMatchObject([{ what: "not done", group: "g", row: "r17", rows: 1 }]);
  const before = group.count();
  for (; group.clock.ms < 86_400_000; group.clock.ms += 500)
    if (!group.leftOut.rows.includes("r17")) await group.work();
  // Twice as long each time, at last every ten minutes: two transactions each.
  expect(group.count() - before).toBeLessThan(2 * (144 + 12));
  expect(group.count() - before).toBeGreaterThan(2 * 100);
  expect(group.said).toHaveLength(1);
});

test("a group of which nothing can be done is left out as a whole, and is news again once it was well", async () => {
  let ill = true;
  const group = groupOf(() => ill);
  expect(await group.work()).toBe(0);
  expect(group.leftOut.has("g")).toBe(true);
  expect(group.count()).toBeLessThan(64);
  group.clock.ms = 1_001;
  expect(group.leftOut.has("g")).toBe(false);
  await group.work();
  ill = false;
  group.clock.ms = 86_400_000;
  await group.work();
  expect(group.done.toSorted()).toEqual(ids.toSorted());
  const told = group.said.filter((one) => !("row" in (one as object)));
  expect(told).toHaveLength(1);
});

test("a fault of the moment is no row's fault", async () => {
  const said: unknown[] = [];
  const leftOut = new LeftOut({ error: (...all: unknown[]) => said.push(all) } as never, "not done", () => 0);
  const away = () => Promise.reject(new ConnectError("away", Code.Unavailable));
  const never = () => Promise.reject(new Error("was asked"));
  for (let n = 0; n < 3; n++) await leftOut.work("g", { all: away, rows: never, some: never });
  expect(leftOut.rows).toEqual([]);
  expect(leftOut.has("g")).toBe(true);
  expect(said).toHaveLength(1);
});
