import { create } from "@bufbuild/protobuf";
import { FeedService, RepublishRequestSchema } from "@marketmesh/contracts/events/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onceByRequestId, purgeRememberedRequests, RequestIdReusedError, type Scope } from "../src/index.ts";
import { openNotes } from "./notes.ts";

let notes: Awaited<ReturnType<typeof openNotes>>;
beforeAll(async () => {
  notes = await openNotes();
});
afterAll(() => notes[Symbol.asyncDispose]());

const ann: Scope = { market: "berlin", reach: "MARKET", principal: "users/ann", party: "" };
let worked = 0;

function ask(requestId: string, feed: string, scope: Scope = ann, before = async () => {}) {
  const request = create(RepublishRequestSchema, { feed });
  const call = { market: scope.market, method: FeedService.method.republish, requestId, request };
  return notes.database.transaction(scope, (tx) =>
    onceByRequestId(tx, call, async () => {
      await before();
      return { eventsCount: BigInt(++worked) };
    }),
  );
}

test("gives the same answer when request_id repeats and works once", async () => {
  const first = await ask("r1", "listing");
  expect(await ask("r1", "listing")).toEqual(first);
});

test("refuses the same request_id with another body", async () => {
  await ask("r2", "listing");
  const error = await ask("r2", "offer").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RequestIdReusedError);
  expect(error).toMatchObject({ code: 3, reason: "REQUEST_ID_REUSED" });
});

test("never gives one caller the answer of another", async () => {
  const first = await ask("r3", "listing");
  const other = await ask("r3", "listing", { ...ann, principal: "users/bob" });
  expect(other.eventsCount).not.toBe(first.eventsCount);
});

test("makes a concurrent repeat wait for the first answer", async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask("r4", "listing")));
  expect(new Set(answers.map((answer) => answer.eventsCount)).size).toBe(1);
});

test("works again when the first attempt rolled back", async () => {
  const failing = ask("r5", "listing", ann, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  await expect(ask("r5", "listing")).resolves.toBeDefined();
});

test("remembers calls of the platform, where there is no market", async () => {
  const platform: Scope = { ...ann, market: "", reach: "PLATFORM" };
  expect(await ask("r6", "listing", platform)).toEqual(await ask("r6", "listing", platform));
});

test("keeps nothing that a guessed body could be tried against without the request id", async () => {
  const carl: Scope = { ...ann, principal: "users/carl" };
  const requestId = "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d";
  await ask(requestId, "listing", carl);
  await ask("another", "listing", carl);
  const rows = await notes.database.background((tx) =>
    tx.execute<{ hash: string; row: string }>(sql`select encode(body_hash, 'hex') as hash, r::text as row
      from marketmesh.remembered_requests r where principal = 'users/carl'`),
  );
  expect(new Set(rows.map(({ hash }) => hash)).size).toBe(2);
  for (const { row } of rows) expect(row).not.toContain(requestId);
});

test("forgets after 24 hours, a bounded number at a time", async () => {
  const old: Scope = { ...ann, principal: "users/old" };
  await ask("old1", "listing", old);
  await ask("old2", "listing", old);
  await notes.database.background((tx) =>
    tx.execute(sql`update marketmesh.remembered_requests set create_time = now() - interval '25 hours'
      where principal = 'users/old'`),
  );
  const purge = () => notes.database.background((tx) => purgeRememberedRequests(tx, 1));
  expect([await purge(), await purge(), await purge()]).toEqual([1, 1, 0]);
});
