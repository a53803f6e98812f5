import { assertRowSecurity } from "@marketmesh/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, partyOf, staffOf } from "../testing/database.ts";
import { insertModel } from "./model-store.ts";
import { findCounts, listStatisticsHeads, saveStatistics } from "./statistics-store.ts";

let open: Awaited<ReturnType<typeof openTestDatabase>>;
const time = new Date("2026-11-21T12:00:00Z");
const berlin = staffOf("berlin");

function made(frequencies: Record<string, number>, id = "skills") {
  const counts = { documents: 9, frequencies: new Map(Object.entries(frequencies)) };
  const attributes = [{ kind: "candidate", attribute: "skills" }];
  return { market: "berlin", id, attributes, counts, feedSeq: 7n, updateTime: time };
}

beforeAll(async () => {
  open = await openTestDatabase();
});
afterAll(() => open?.[Symbol.asyncDispose]());

const save = (one: ReturnType<typeof made>) =>
  open.database.transaction(berlin, (tx) => saveStatistics(tx, one));

test("counts come back as they were put in, whatever the strings", async () => {
  const odd = { "": 1, "a\nb": 2, "ü\u0000": 3, "😀": 4, "\ud800": 5 };
  const head = await save(made(odd));
  expect(head).toMatchObject({ version: 1n, documentCount: 9, termCount: 5, feedSeq: 7n, updateTime: time });
  const counts = await open.database.transaction(berlin, (tx) => findCounts(tx, head));
  expect(counts).toEqual(made(odd).counts);
});

test("equal counts are no new version; old versions stay readable", async () => {
  const first = await save(made({ sql: 1, go: 2 }, "twice"));
  expect(await save({ ...made({ go: 2, sql: 1 }, "twice"), feedSeq: 99n })).toEqual(first);
  const second = await save(made({ sql: 2, go: 2 }, "twice"));
  expect(second.version).toBe(2n);
  const before = await open.database.transaction(berlin, (tx) => findCounts(tx, first));
  expect(before?.frequencies.get("sql")).toBe(1);
});

test("of two first collections at once, both end with the same version", async () => {
  const heads = await Promise.all([save(made({ sql: 1 }, "raced")), save(made({ sql: 1 }, "raced"))]);
  expect(heads.map(({ version }) => version)).toEqual([1n, 1n]);
});

test("tables show nothing without a market, nor another market's rows, and a party writes none", async () => {
  const kinds = { demandKind: "job", supplyKind: "candidate", demandKindVersion: 1n, supplyKindVersion: 1n };
  const identity = { market: "berlin", id: "m", perspective: "DEMAND", version: 1n } as const;
  const model = { ...identity, ...kinds, features: [], createTime: time, updateTime: time };
  await open.database.transaction(berlin, (tx) => insertModel(tx, model));
  const own = (await assertRowSecurity(open.database)).filter(({ table }) => table.startsWith("public."));
  expect(own.map(({ table }) => table)).toEqual(
    ["model_versions", "models", "statistics", "statistics_versions"].map((table) => `public.${table}`),
  );
  for (const { rows } of own) expect(rows).toBeGreaterThan(0);
  expect(
    await open.database.transaction(staffOf("paris"), (tx) => listStatisticsHeads(tx, "berlin")),
  ).toEqual([]);
  const acme = partyOf("berlin", "acme");
  const written = open.database.transaction(acme, (tx) => saveStatistics(tx, made({ sql: 1 }, "mine")));
  await expect(written).rejects.toThrow(/row-level security/);
  const inserted = open.database.transaction(acme, (tx) => insertModel(tx, { ...model, id: "mine" }));
  await expect(inserted).rejects.toThrow(/row-level security/);
});
