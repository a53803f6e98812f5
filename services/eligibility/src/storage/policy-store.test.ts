import { assertRowSecurity } from "@marketmesh/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Policy } from "../domain/policy.ts";
import { openTestDatabase, partyOf, staffOf } from "../testing/database.ts";
import { findPolicy, insertPolicy, listPolicies, lockPolicy, savePolicy } from "./policy-store.ts";

let open: Awaited<ReturnType<typeof openTestDatabase>>;
const time = new Date("2026-11-21T12:00:00.123Z");

function policyOf(over: Partial<Policy> = {}): Policy {
  return {
    market: "berlin",
    id: "hiring",
    demandKind: "job",
    supplyKind: "candidate",
    rules: [{ reason: "R", expression: "true", description: "Ü'\"\\" }],
    version: 1n,
    demandKindVersion: 2n,
    supplyKindVersion: 3n,
    createTime: time,
    updateTime: time,
    ...over,
  };
}

beforeAll(async () => {
  open = await openTestDatabase();
  await open.database.transaction(staffOf("berlin"), (tx) => insertPolicy(tx, policyOf()));
});
afterAll(() => open?.[Symbol.asyncDispose]());

test("a policy comes back as it was put in", async () => {
  const found = await open.database.transaction(staffOf("berlin"), (tx) =>
    findPolicy(tx, "berlin", "hiring"),
  );
  expect(found).toEqual(policyOf());
});

test("an id is taken once", async () => {
  const again = await open.database.transaction(staffOf("berlin"), (tx) => insertPolicy(tx, policyOf()));
  expect(again).toBe(false);
});

test("of two writers at once, each makes a version of its own", async () => {
  await open.database.transaction(staffOf("berlin"), (tx) => insertPolicy(tx, policyOf({ id: "busy" })));
  const raise = () =>
    open.database.transaction(staffOf("berlin"), async (tx) => {
      const current = await lockPolicy(tx, "berlin", "busy");
      return savePolicy(tx, { ...current!, version: current!.version + 1n });
    });
  expect(await Promise.all([raise(), raise(), raise()])).toEqual([true, true, true]);
  const last = await open.database.transaction(staffOf("berlin"), (tx) => findPolicy(tx, "berlin", "busy"));
  expect(last?.version).toBe(4n);
  const stale = open.database.transaction(staffOf("berlin"), (tx) =>
    savePolicy(tx, { ...last!, version: 9n }),
  );
  expect(await stale).toBe(false);
});

test("tables show nothing without a market, nor another market's rows", async () => {
  const tables = await assertRowSecurity(open.database);
  const own = tables.filter(({ table }) => table.startsWith("public."));
  expect(own.map(({ table }) => table)).toEqual(["public.policies", "public.policy_versions"]);
  for (const { rows } of own) expect(rows).toBeGreaterThan(0);
  const page = { afterId: "", limit: 10 };
  const paris = await open.database.transaction(staffOf("paris"), (tx) => listPolicies(tx, "berlin", page));
  expect(paris).toEqual([]);
});

test("a party reads policies and writes none", async () => {
  const acme = partyOf("berlin", "acme");
  expect(await open.database.transaction(acme, (tx) => findPolicy(tx, "berlin", "hiring"))).toBeDefined();
  const written = open.database.transaction(acme, (tx) => insertPolicy(tx, policyOf({ id: "mine" })));
  await expect(written).rejects.toThrow(/row-level security/);
});
