import { create } from "@bufbuild/protobuf";
import { FeedService, RepublishRequestSchema } from "@marketmesh/contracts/events/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  onceByRequestId,
  onceEachByRequestId,
  openDedicatedSession,
  RequestIdReusedError,
  type Scope,
  type Tx,
} from "../src/index.ts";
import { openNotes } from "./notes.ts";

let notes: Awaited<ReturnType<typeof openNotes>>;
beforeAll(async () => {
  notes = await openNotes();
});
afterAll(() => notes[Symbol.asyncDispose]());

const ann: Scope = { market: "berlin", reach: "MARKET", principal: "users/ann", party: "" };
const method = FeedService.method.republish;
let worked = 0;
const callOf = ([requestId, feed]: readonly [string, string]) => {
  const request = create(RepublishRequestSchema, { feed });
  return { market: ann.market, method, requestId, request };
};

/** Calls of a group as request id and feed; a call about `refused` is refused. */
function askAll(calls: readonly (readonly [string, string])[], meanwhile = async () => {}) {
  return notes.database.transaction(
    ann,
    (tx) =>
      onceEachByRequestId(tx, calls.map(callOf), async (fresh) => {
        await meanwhile();
        return fresh.map(({ request }) =>
          request.feed === "refused"
            ? { ok: false, error: new Error("refused") }
            : { ok: true, response: { eventsCount: BigInt(++worked) } },
        );
      }),
    { mayRepeat: true },
  );
}

test("each call of a group works once and is remembered by itself", async () => {
  const first = await askAll([
    ["a", "listing"],
    ["", "offer"],
    ["b", "refused"],
  ]);
  expect(first.map(({ ok }) => ok)).toEqual([true, true, false]);
  const again = await askAll([
    ["c", "listing"],
    ["a", "listing"],
  ]);
  expect(again[1]).toEqual(first[0]);
  // What was refused is not remembered: the same id may ask something else.
  const [retried] = await askAll([["b", "listing"]]);
  expect(retried).toMatchObject({ ok: true });
  const [other] = await askAll([["a", "offer"]]);
  expect(other).toMatchObject({ ok: false, error: expect.any(RequestIdReusedError) });
});

test("a group and a single call remember the same", async () => {
  const alone = await notes.database.transaction(ann, (tx) =>
    onceByRequestId(tx, callOf(["s", "listing"]), async () => ({ eventsCount: 77n })),
  );
  expect(await askAll([["s", "listing"]])).toEqual([{ ok: true, response: alone }]);
});

test("of two groups with the same call one works; the other is undone and gets its answer", async () => {
  let arrived = 0;
  let open = () => {};
  const both = new Promise<void>((resolve) => {
    open = resolve;
  });
  const meet = async () => {
    if (++arrived === 2) open();
    await both;
  };
  const groups = await Promise.all([askAll([["m", "listing"]], meet), askAll([["m", "listing"]], meet)]);
  expect(groups[0]).toEqual(groups[1]);
});

test("a group reads what it asks for alone, when the principal has asked far more than the statistics know", async () => {
  const name = "marketmesh.events.v1.FeedService/Republish";
  const insert = (market: string, principal: string, method: string) => sql`
    insert into marketmesh.remembered_requests (market, principal, method, request_id, body_hash, response)
    select ${market}, ${principal}, ${method}, 'past-' || i, '', '' from generate_series(1, 20000) i`;
  await using owner = await openDedicatedSession(notes.migratorUrl, { applicationName: "test" });
  await notes.database.background((tx) => tx.execute(insert("paris", "users/bob", "other")));
  await owner.query("analyze marketmesh.remembered_requests");
  await notes.database.background((tx) => tx.execute(insert(ann.market, ann.principal, name)));
  await notes.database.transaction(ann, async (tx) => {
    const before = await rowsRead(tx);
    await onceEachByRequestId(
      tx,
      [callOf(["new", "listing"]), callOf(["newer", "listing"])],
      async (fresh) => {
        expect((await rowsRead(tx)) - before).toBe(0);
        return fresh.map(() => ({ ok: true, response: { eventsCount: 0n } }));
      },
    );
  });
});

/** By this session, as it counts them itself. */
async function rowsRead(tx: Tx): Promise<number> {
  const [read] = await tx.execute<{ rows: string }>(sql`
    select seq_tup_read + idx_tup_fetch as rows from pg_stat_xact_user_tables where relname = 'remembered_requests'`);
  return Number(read?.rows ?? 0);
}
