import { Code, ConnectError } from "@connectrpc/connect";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  bucketOf,
  ConflictError,
  columns,
  type Database,
  DeadlineError,
  type Scope,
  sqlStateOf,
  type Tx,
  UnavailableError,
} from "../src/index.ts";
import { openNotes } from "./notes.ts";

let notes: Awaited<ReturnType<typeof openNotes>>;
let database: Database;

beforeAll(async () => {
  notes = await openNotes({ appMax: 3 });
  database = notes.database;
});
afterAll(() => notes[Symbol.asyncDispose]());

const operator: Scope = { market: "berlin", reach: "MARKET", principal: "users/operator", party: "" };
const partyOf = (party: string): Scope => ({
  market: "berlin",
  reach: "PARTY",
  principal: `users/${party}`,
  party,
});

interface Note {
  readonly market: string;
  readonly id: string;
  readonly owner: string;
}

const insert = (tx: Tx, given: readonly Note[]) =>
  tx.execute(sql`insert into notes (market, bucket, id, owner)
    select market, bucket, id, owner from ${columns(given, {
      market: ["text", (note) => note.market],
      bucket: ["smallint", (note) => bucketOf(note.id)],
      id: ["text", (note) => note.id],
      owner: ["text", (note) => note.owner],
    })}`);
const idsOf = async (tx: Tx) =>
  (await tx.execute<{ id: string }>(sql`select id from notes order by id`)).map((row) => row.id);

test("shows a market its rows and no others", async () => {
  await database.transaction(operator, (tx) => insert(tx, [{ market: "berlin", id: "m1", owner: "ann" }]));
  expect(await database.transaction(operator, idsOf)).toContain("m1");
  expect(await database.transaction({ ...operator, market: "paris" }, idsOf)).toEqual([]);
});

test("refuses a row of another market", async () => {
  const write = database.transaction(operator, (tx) =>
    insert(tx, [{ market: "paris", id: "x", owner: "ann" }]),
  );
  await expect(write).rejects.toSatisfy((error) => sqlStateOf(error) === "42501");
});

test("shows a party only what its rule allows", async () => {
  const given = ["ann", "bob"].map((owner) => ({ market: "berlin", id: `of-${owner}`, owner }));
  await database.transaction(operator, (tx) => insert(tx, given));
  const seen = await database.transaction(partyOf("bob"), idsOf);
  expect(seen).toContain("of-bob");
  expect(seen).not.toContain("of-ann");
});

test("leaves no scope behind on the connection", async () => {
  await database.transaction(operator, idsOf);
  const settings = await database.app.execute(
    sql`select nullif(current_setting('marketmesh.market', true), '') as market`,
  );
  expect(settings[0]).toEqual({ market: null });
});

test("lets the background role see all markets", async () => {
  await database.background((tx) => insert(tx, [{ market: "rome", id: "r1", owner: "ann" }]));
  expect(await database.background(idsOf)).toEqual(expect.arrayContaining(["r1"]));
});

test("rolls back when the work throws, a savepoint alone when that is what failed", async () => {
  const failing = database.transaction(operator, async (tx) => {
    await insert(tx, [{ market: "berlin", id: "lost", owner: "ann" }]);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  await database.transaction(operator, async (tx) => {
    await insert(tx, [{ market: "berlin", id: "kept", owner: "ann" }]);
    const inner = tx.transaction(async (savepoint) => {
      await insert(savepoint, [{ market: "berlin", id: "inner", owner: "ann" }]);
      throw new Error("inner");
    });
    await expect(inner).rejects.toThrow("inner");
  });
  const ids = await database.transaction(operator, idsOf);
  expect(ids).toContain("kept");
  expect(ids).not.toContain("lost");
  expect(ids).not.toContain("inner");
});

test("what only read ends behind its answer, unless a statement of it failed", async () => {
  await using single = await openNotes({ appMax: 1 });
  const read = <T>(work: (tx: Tx) => Promise<T>) =>
    single.database.transaction(operator, work, { readOnly: true });
  const pidOf = async (tx: Tx) =>
    (await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]!.pid;
  const pids = await Promise.all([read(pidOf), read(pidOf), read(pidOf)]);
  expect(new Set(pids).size).toBe(1);
  const swallowed = read(async (tx) => {
    await tx.execute(sql`select 1 / 0`).catch(() => {});
    return "read";
  });
  await expect(swallowed).rejects.toThrow();
  expect(await read(pidOf)).toBe(pids[0]);
});

test("repeats work that lost a serialization race only when it may", async () => {
  await database.transaction(operator, (tx) => insert(tx, [{ market: "berlin", id: "raced", owner: "ann" }]));
  const race = async (mayRepeat: boolean) => {
    let runs = 0;
    const raced = database.transaction(
      operator,
      async (tx) => {
        await tx.execute(sql`select version from notes where id = 'raced'`);
        if (runs++ === 0) await database.transaction(operator, bump);
        await bump(tx);
      },
      { isolation: "repeatable read", mayRepeat },
    );
    await raced;
    return runs;
  };
  expect(await race(true)).toBe(2);
  await expect(race(false)).rejects.toBeInstanceOf(ConflictError);
  await expect(race(false)).rejects.toMatchObject({ code: Code.Aborted, cause: { code: "40001" } });
});
const bump = (tx: Tx) => tx.execute(sql`update notes set version = version + 1 where id = 'raced'`);

test("tells the victim of a deadlock that it may try again", async () => {
  const given = ["left", "right"].map((id) => ({ market: "berlin", id, owner: "ann" }));
  await database.transaction(operator, (tx) => insert(tx, given));
  const lock = (tx: Tx, id: string) => tx.execute(sql`select from notes where id = ${id} for update`);
  const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const cross = (own: string, other: string, mine: 0 | 1) =>
    database.transaction(operator, async (tx) => {
      await lock(tx, own);
      held[mine].resolve();
      await held[mine === 0 ? 1 : 0].promise;
      await lock(tx, other);
    });
  const outcomes = await Promise.allSettled([cross("left", "right", 0), cross("right", "left", 1)]);
  const lost = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(lost.map(({ reason }) => reason)).toEqual([expect.any(ConflictError)]);
});

test("cancels a statement when the deadline passes or the caller goes away", async () => {
  const slow = (tx: Tx) => tx.execute(sql`select pg_sleep(20)`);
  await expect(database.transaction(operator, slow, { timeoutMs: 30 })).rejects.toBeInstanceOf(DeadlineError);
  const controller = new AbortController();
  const running = database.transaction(
    operator,
    async (tx) => {
      const sleeping = slow(tx);
      setImmediate(() => controller.abort());
      await sleeping;
    },
    { signal: controller.signal },
  );
  await expect(running).rejects.toBeInstanceOf(DeadlineError);
  expect(await database.transaction(operator, async () => "usable")).toBe("usable");
});

test("a cancellation that comes too late hits nobody else's statement", async () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const controller = new AbortController();
    const quick = database.transaction(
      operator,
      async (tx) => {
        const answer = tx.execute(sql`select pg_sleep(0.001)`);
        setTimeout(() => controller.abort(), 1);
        await answer;
      },
      { signal: controller.signal },
    );
    // It is the caller who went away, never the database.
    const failure: unknown = await quick.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined) expect(failure).toBeInstanceOf(DeadlineError);
    const others = Array.from({ length: 3 }, () =>
      database.transaction(operator, (tx) => tx.execute(sql`select pg_sleep(0.01)`)),
    );
    await expect(Promise.all(others)).resolves.toHaveLength(3);
  }
});

test("says UNAVAILABLE when the connection is lost, and works again after", async () => {
  const lost = database.transaction(operator, async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await database.transaction(operator, (other) =>
      other.execute(sql`select pg_terminate_backend(${row?.pid})`),
    );
    await tx.execute(sql`select 1`);
  });
  await expect(lost).rejects.toBeInstanceOf(UnavailableError);
  expect(ConnectError.from(await lost.catch((error) => error)).code).toBe(Code.Unavailable);
  await Promise.all(Array.from({ length: 6 }, () => database.transaction(operator, idsOf)));
});

test("keeps parameter values out of the errors it throws", async () => {
  const failing = database.transaction(operator, (tx) => tx.execute(sql`select ${"secret"}::int`));
  const error = await failing.catch((caught: unknown) => caught);
  expect(String((error as Error).stack)).not.toContain("params");
});

test("carries every type of column through a set-based statement", async () => {
  const given = [
    {
      text: 'a"b\\c{},',
      big: 2n ** 62n,
      bytes: new Uint8Array([0, 92, 34, 255]),
      time: new Date(0),
      flag: true,
    },
    { text: "", big: -1n, bytes: new Uint8Array(), time: null, flag: false },
  ];
  const rows = await database.background((tx) =>
    tx.execute(
      sql`select * from ${columns(given, {
        text: ["text", (row) => row.text],
        big: ["bigint", (row) => row.big],
        bytes: ["bytea", (row) => row.bytes],
        time: ["timestamptz", (row) => row.time],
        flag: ["boolean", (row) => row.flag],
      })}`,
    ),
  );
  expect(rows.map((row) => ({ ...row, bytes: [...(row.bytes as Buffer)] }))).toEqual([
    {
      text: 'a"b\\c{},',
      big: String(2n ** 62n),
      bytes: [0, 92, 34, 255],
      time: "1970-01-01 00:00:00+00",
      flag: true,
    },
    { text: "", big: "-1", bytes: [], time: null, flag: false },
  ]);
});

test("computes the same bucket in SQL", async () => {
  const ids = ["", "a", "foobar", "ünïcode ✓ 𝄞", "018f-7f3c", "x".repeat(63)];
  const rows = await database.background((tx) =>
    tx.execute(
      sql`select marketmesh.bucket_of(id) as bucket from ${columns(ids, { id: ["text", (id) => id] })}`,
    ),
  );
  expect(rows.map((row) => row.bucket)).toEqual(ids.map(bucketOf));
  expect(bucketOf("foobar")).toBe(0xbf9cf968 % 1024);
});

test("plans statements for the values they get, in every transaction and outside", async () => {
  const planned = sql`select current_setting('plan_cache_mode') as mode`;
  const inside = () => database.transaction(operator, (tx) => tx.execute<{ mode: string }>(planned));
  const modes = [await inside(), await inside(), await database.app.execute<{ mode: string }>(planned)];
  expect(modes.map(([row]) => row?.mode)).toEqual(modes.map(() => "force_custom_plan"));
});
