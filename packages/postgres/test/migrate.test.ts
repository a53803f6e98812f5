import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createTestDatabase, testDatabaseUrl } from "@marketmesh/testkit/servers";
import postgres from "postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { awaitedMigration, MigrationError, migrate, openDatabase } from "../src/index.ts";

const roles = { appRole: "mm_migrated_app", backgroundRole: "mm_migrated_background" };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "migrations-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const run = (url: string) => migrate(url, [{ namespace: "things", directory: pathToFileURL(folder) }], roles);

test("applies each file once, in order, several processes at the same time", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  await write("0001_create_things.sql", "create table things (id int)");
  await write("0002_add_name.sql", "alter table things add name text");
  const runs = await Promise.all([run(database.migratorUrl), run(database.migratorUrl)]);
  const applied = runs.flat().filter(({ namespace }) => namespace === "things");
  expect(applied.map(({ file }) => file)).toEqual(["0001_create_things.sql", "0002_add_name.sql"]);
  expect(await run(database.migratorUrl)).toEqual([]);
});

test("applies a later file to a database that already holds rows", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  await write(
    "0001_create_things.sql",
    "create table things (market text); call marketmesh.protect('things');",
  );
  await run(database.migratorUrl);
  const sql = postgres(database.backgroundUrl, { max: 1 });
  await sql`insert into things values ('berlin')`;
  await write(
    "0002_add_name.sql",
    "alter table things add name text; update things set name = 'x'; alter table things alter name set not null;",
  );
  await run(database.migratorUrl);
  expect(await sql`select name from things`).toEqual([{ name: "x" }]);
  await sql.end();
});

test("refuses a file that has changed and one that is missing", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  await write("0001_create_things.sql", "create table things (id int)");
  await run(database.migratorUrl);
  await write("0001_create_things.sql", "create table things (id bigint)");
  await expect(run(database.migratorUrl)).rejects.toThrow("things/0001_create_things.sql has changed");
  await rm(join(folder, "0001_create_things.sql"));
  await expect(run(database.migratorUrl)).rejects.toThrow("things/0001_create_things.sql was applied");
  await write("0002_add_name.sql", "alter table things add name text");
  await expect(run(database.migratorUrl)).rejects.toThrow("things/0001_create_things.sql was applied");
});

test("leaves the schema of a later release as it is", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  await write("0001_create_things.sql", "create table things (id int)");
  await write("0002_add_name.sql", "alter table things add name text");
  await run(database.migratorUrl);
  await rm(join(folder, "0002_add_name.sql"));
  expect(await run(database.migratorUrl)).toEqual([]);
});

test("tells which migration a database lacks, from an empty one to one of a later release", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  const directories = [{ namespace: "things", directory: pathToFileURL(folder) }];
  const opened = await openDatabase({ url: database.appUrl, backgroundUrl: database.backgroundUrl });
  const awaited = () => awaitedMigration(opened, directories);
  await write("0001_create_things.sql", "create table things (id int)");
  expect(await awaited()).toBe("postgres/0001_create_row_security.sql");
  await run(database.migratorUrl);
  expect(await awaited()).toBeUndefined();
  await write("0002_add_name.sql", "alter table things add name text");
  expect(await awaited()).toBe("things/0002_add_name.sql");
  await run(database.migratorUrl);
  await rm(join(folder, "0002_add_name.sql"));
  expect(await awaited()).toBeUndefined();
  await opened.close();
});

test("leaves nothing of a file that fails and names it", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  await write("0001_create_things.sql", "create table things (id int); select 1/0;");
  await expect(run(database.migratorUrl)).rejects.toThrow(MigrationError);
  await write("0001_create_things.sql", "create table things (id int)");
  expect((await run(database.migratorUrl)).map(({ file }) => file)).toContain("0001_create_things.sql");
});

test("a file that has to give way in a deadlock is tried again", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  await write("0001_create_things.sql", "create table things (id int); create table others (id int)");
  await run(database.migratorUrl);
  await write(
    "0002_add_names.sql",
    "alter table things add name text; lock table others in access exclusive mode; alter table others add name text",
  );
  const url = new URL(testDatabaseUrl());
  url.pathname = `/${database.name}`;
  const sql = postgres(url.href, { max: 1 });
  const { migrating } = await sql.begin(async (tx) => {
    // Whoever looks for a deadlock first gives way: never this one.
    await tx`set local deadlock_timeout = '1h'`;
    await tx`lock table others in access share mode`;
    const migrating = run(database.migratorUrl);
    migrating.catch(() => {}); // awaited below
    const waits = () => tx`select from pg_locks where relation = 'others'::regclass and not granted`;
    await expect.poll(async () => (await waits()).length, { timeout: 240_000 }).toBe(1);
    await tx`lock table things in access share mode`;
    return { migrating };
  });
  expect((await migrating).map(({ file }) => file)).toEqual(["0002_add_names.sql"]);
  await sql.end();
});

test("a file that does not get its locks lets others pass and tries again, not for ever", async () => {
  await using database = await createTestDatabase({ service: "migrated" });
  await write("0001_create_things.sql", "create table things (id int)");
  await run(database.migratorUrl);
  await write("0002_add_name.sql", "alter table things add name text");
  const directories = [{ namespace: "things", directory: pathToFileURL(folder) }];
  const patiently = (lockWaitMs: number) =>
    migrate(database.migratorUrl, directories, { ...roles, lockWaitMs });
  const sql = postgres(database.migratorUrl, { max: 1 });
  await sql.begin(async (tx) => {
    await tx`lock table things in access share mode`;
    await expect(patiently(100)).rejects.toThrow(
      "things/0002_add_name.sql failed: canceling statement due to lock timeout",
    );
  });
  const migrated = sql.begin(async (tx) => {
    await tx`lock table things in access share mode`;
    // Ten times this is what a busy machine has to see the second attempt.
    const migrating = patiently(500);
    const waits = new Set<string>();
    const seen = async () => {
      const rows = await tx<{ since: string }[]>`
        select waitstart::text as since from pg_locks where relation = 'things'::regclass and not granted`;
      for (const { since } of rows) if (since !== null) waits.add(since);
      return waits.size;
    };
    await expect.poll(seen).toBeGreaterThan(1);
    return { migrating };
  });
  const applied = await (await migrated).migrating;
  expect(applied.map(({ file }) => file)).toEqual(["0002_add_name.sql"]);
  await sql.end();
});
