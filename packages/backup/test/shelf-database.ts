import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { announce, eventMigrations, fact } from "@marketmesh/events";
import { type Database, migrate, openDatabase, rolesOf, type Scope } from "@marketmesh/postgres";
import { createTestDatabase, type TestDatabase } from "@marketmesh/testkit/servers";
import { sql } from "drizzle-orm";

export const migrations = new URL("./migrations/", import.meta.url);
const scope: Scope = { market: "berlin", reach: "MARKET", principal: "users/operator", party: "" };

/** A database of a service `shelves`, empty or with its tables. */
export async function shelfDatabase(kind: "empty" | "migrated"): Promise<TestDatabase> {
  const template = {
    key: "shelves",
    migrate: async (urls: { migratorUrl: string; appUrl: string; backgroundUrl: string }) => {
      const roles = rolesOf({ url: urls.appUrl, backgroundUrl: urls.backgroundUrl });
      await migrate(
        urls.migratorUrl,
        [eventMigrations, { namespace: "shelves", directory: migrations }],
        roles,
      );
    },
  };
  return createTestDatabase({ service: "shelves", ...(kind === "migrated" && { template }) });
}

export async function opened(urls: TestDatabase): Promise<Database & AsyncDisposable> {
  const database = await openDatabase({ url: urls.appUrl, backgroundUrl: urls.backgroundUrl, appMax: 4 });
  return { ...database, [Symbol.asyncDispose]: () => database.close() };
}

const awkward = [
  "plain",
  "tab\there",
  "line\nbreak",
  "back\\slash \\N \\.",
  "quote ' \" {}",
  "naïve 🙂 \u0001",
  "",
];

/** One shelf with two goods and a fact about it, in one transaction. */
export function addShelf(database: Database, number: number): Promise<void> {
  const id = `shelf-${number}`;
  const note = awkward[number % awkward.length]!;
  return database.transaction(scope, async (tx) => {
    await tx.execute(sql`insert into shelves (market, id, note, content, sealed, tags)
      values ('berlin', ${id}, ${note}, ${JSON.stringify({ note, number })}::json,
        ${number % 3 === 0 ? null : Buffer.from([0, 10, 92, number % 256])}, ${`{"${number}",a}`}::text[])`);
    await tx.execute(sql`insert into goods (market, shelf) values ('berlin', ${id}), ('berlin', ${id})`);
    await announce(tx, [
      { market: "berlin", feed: "shelf", aggregateId: id, version: 1n, fact: fact(TimestampSchema, {}) },
    ]);
  });
}

/** Everything of both tables, as text. */
export function contents(database: Database): Promise<Record<string, unknown>[]> {
  return database.background(async (tx) => {
    const shelves = await tx.execute<{ row: string }>(sql`select s::text as row from shelves s order by id`);
    const goods = await tx.execute<{ row: string }>(sql`select g::text as row from goods g order by place`);
    return [...shelves, ...goods];
  });
}

/** A folder under which backups are made; removed at the end. */
export async function scratch(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = join(await mkdtemp(join(tmpdir(), "marketmesh-backup-")), randomUUID());
  return { path, [Symbol.asyncDispose]: () => rm(join(path, ".."), { recursive: true }) };
}
