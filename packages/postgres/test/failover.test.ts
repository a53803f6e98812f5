import { testDatabaseUrl } from "@marketmesh/testkit/servers";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { expect, test } from "vitest";
import { openDatabase, UnavailableError } from "../src/index.ts";
import { openNotes } from "./notes.ts";

const scope = { market: "berlin", reach: "MARKET", principal: "p", party: "" } as const;

/** New sessions of a database only read: what a name leads to right after another server became the primary. */
async function onlyReads(name: string, flag: "on" | "off"): Promise<void> {
  const admin = postgres(testDatabaseUrl(), { max: 1 });
  await admin.unsafe(`alter database "${name}" set default_transaction_read_only = ${flag}`);
  await admin.end();
}

test("a write on a server that only reads is UNAVAILABLE, and the next one finds the primary", async () => {
  await using notes = await openNotes();
  await onlyReads(notes.urls.name, "on");
  const database = await openDatabase({
    url: notes.urls.appUrl,
    backgroundUrl: notes.urls.backgroundUrl,
    appMax: 3,
  });
  const write = (mayRepeat = false) =>
    database.transaction(
      scope,
      (tx) =>
        tx.execute(
          sql`insert into notes (market, bucket, id, owner) values ('berlin', 1, ${crypto.randomUUID()}, 'ann')`,
        ),
      { mayRepeat },
    );
  // So that all connections of the pool are to the server of before.
  await Promise.all(
    [1, 2, 3].map(() => database.transaction(scope, (tx) => tx.execute(sql`select pg_sleep(0.05)`))),
  );
  await expect(write()).rejects.toBeInstanceOf(UnavailableError);
  await onlyReads(notes.urls.name, "off");
  // The first may get a connection that was made meanwhile; from then on none of before is left.
  await write().catch(() => {});
  await Promise.all([write(), write(), write()]);
  await database.close();
});

test("work that may repeat comes through the change by itself", async () => {
  await using notes = await openNotes();
  await onlyReads(notes.urls.name, "on");
  const database = await openDatabase({ url: notes.urls.appUrl, backgroundUrl: notes.urls.backgroundUrl });
  await database.transaction(scope, (tx) => tx.execute(sql`select 1`));
  await onlyReads(notes.urls.name, "off");
  await database.transaction(
    scope,
    (tx) =>
      tx.execute(sql`insert into notes (market, bucket, id, owner) values ('berlin', 1, 'through', 'ann')`),
    { mayRepeat: true },
  );
  const rows = await database.background((tx) => tx.execute(sql`select id from notes`));
  expect(rows.map(({ id }) => id)).toEqual(["through"]);
  await database.close();
});

test("reading in a transaction that says so leaves the connections alone", async () => {
  await using notes = await openNotes();
  const database = await openDatabase({
    url: notes.urls.appUrl,
    backgroundUrl: notes.urls.backgroundUrl,
    appMax: 1,
  });
  const pid = async () => {
    const [row] = await database.transaction(scope, (tx) => tx.execute(sql`select pg_backend_pid() as pid`));
    return row?.pid;
  };
  const before = await pid();
  const wrong = database.transaction(
    scope,
    (tx) => tx.execute(sql`insert into notes (market, bucket, id, owner) values ('berlin', 1, 'x', 'ann')`),
    { readOnly: true },
  );
  await expect(wrong).rejects.toBeInstanceOf(UnavailableError);
  expect(await pid()).toBe(before);
  await database.close();
});
