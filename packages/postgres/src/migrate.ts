import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Sql } from "postgres";
import type { Database } from "./database.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { sqlStateOf, toDatabaseError } from "./errors.ts";
import { openClient } from "./plain-client.ts";

/** A folder of `0001_create_x.sql` files and the name under which they are recorded. */
export interface MigrationDirectory {
  /** `postgres`, `events` or the service's name. */
  readonly namespace: string;
  readonly directory: URL;
}

/** Whom the migrations grant to; taken from the user names of the app and background URLs. */
export interface MigrateOptions {
  readonly appRole: string;
  readonly backgroundRole: string;
  /** Apply these alone: the schema as it was when a backup was made. Absent: all. */
  readonly only?: readonly RecordedMigration[];
  /** How long a file waits for a lock before it lets those pass who queue behind it, in milliseconds; default 5,000. */
  readonly lockWaitMs?: number;
}

/** A row of `marketmesh.schema_migrations`. */
export interface RecordedMigration {
  readonly namespace: string;
  readonly file: string;
  /** SHA-256 of the file's text, in hex. */
  readonly checksum: string;
}

/** The roles that a service's app and background URLs log in as. */
export function rolesOf(urls: { readonly url: string; readonly backgroundUrl: string }): MigrateOptions {
  return {
    appRole: parseDatabaseUrl(urls.url).user,
    backgroundRole: parseDatabaseUrl(urls.backgroundUrl).user,
  };
}

/** A file that a run applied. */
export interface AppliedMigration {
  readonly namespace: string;
  readonly file: string;
}

/** A migration can't be applied; the message names namespace and file and says what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

interface MigrationFile extends AppliedMigration {
  readonly text: string;
  readonly checksum: string;
}

const platformMigrations: MigrationDirectory = {
  namespace: "postgres",
  directory: new URL("../migrations/", import.meta.url),
};
const lockKey = 0x6d6d_0001;
const lockWaitMsDefault = 5_000;
const lockAttemptsMax = 10;

/**
 * Brings the database at `url` (the owner's) up to date: this package's own migrations first, then each directory in
 * the order given, each file in its own transaction. One process at a time; others wait. A file that does not get its locks
 * is rolled back and tried again, ten times at most, so that the service's statements never queue behind it for long.
 *
 * A database that a later release has migrated further stays as it is: its schema is one that this code can use.
 * Throws MigrationError when a recorded file (or one of `only`) has changed or is missing, or when a file fails.
 */
export async function migrate(
  url: string,
  directories: readonly MigrationDirectory[],
  options: MigrateOptions,
): Promise<readonly AppliedMigration[]> {
  const all = (await Promise.all([platformMigrations, ...directories].map(readDirectory))).flat();
  const files = options.only ? chosen(all, options.only) : all;
  const { lockWaitMs = lockWaitMsDefault } = options;
  const client = await openClient(url, "migrate").catch((error: unknown) => {
    throw toDatabaseError(error);
  });
  try {
    await client`select pg_advisory_lock(${lockKey})`;
    await prepare(client, options);
    const pending = await pendingOf(client, files);
    await client`select set_config('lock_timeout', ${String(lockWaitMs)}, false)`;
    for (const file of pending) await applyPatiently(client, file, lockWaitMs);
    return pending.map(({ namespace, file }) => ({ namespace, file }));
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await client.end({ timeout: 5 });
  }
}

async function readDirectory({ namespace, directory }: MigrationDirectory): Promise<MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).sort();
  const wrong = names.find((name) => !/^\d{4}_[a-z0-9_]+\.sql$/.test(name));
  if (wrong)
    throw new MigrationError(`${namespace}/${wrong}: a migration is named like 0001_create_listings.sql`);
  return Promise.all(
    names.map(async (file) => {
      const text = await readFile(
        new URL(file, directory.href.endsWith("/") ? directory : `${directory.href}/`),
        "utf8",
      );
      return { namespace, file, text, checksum: createHash("sha256").update(text).digest("hex") };
    }),
  );
}

function chosen(files: readonly MigrationFile[], only: readonly RecordedMigration[]): MigrationFile[] {
  const missing = missingMigration(files, only);
  if (missing) throw new MigrationError(`this code does not have ${missing}: use the code that has it`);
  const names = new Set(only.map(({ namespace, file }) => `${namespace}/${file}`));
  return files.filter(({ namespace, file }) => names.has(`${namespace}/${file}`));
}

/** The first of the recorded migrations that the directories lack or have otherwise, as `namespace/file`. */
export async function unknownMigration(
  directories: readonly MigrationDirectory[],
  recorded: readonly RecordedMigration[],
): Promise<string | undefined> {
  const files = (await Promise.all([platformMigrations, ...directories].map(readDirectory))).flat();
  return missingMigration(files, recorded);
}

/**
 * The first migration that the database lacks, as `namespace/file`: its schema is older than this code. Undefined when it
 * has all of them; more than these are a later release's, over which this code runs as well.
 */
export async function awaitedMigration(
  database: Database,
  directories: readonly MigrationDirectory[],
): Promise<string | undefined> {
  const files = (await Promise.all([platformMigrations, ...directories].map(readDirectory))).flat();
  const applied = new Set(await appliedTo(database));
  return files.map(nameOf).find((name) => !applied.has(name));
}

// No schema, no table, or no right to see it yet.
const nothingApplied = new Set(["3F000", "42P01", "42501"]);

async function appliedTo(database: Database): Promise<string[]> {
  try {
    const rows = await database.background((tx) =>
      tx.execute<{ name: string }>(
        sql`select namespace || '/' || file as name from marketmesh.schema_migrations`,
      ),
    );
    return rows.map(({ name }) => name);
  } catch (error) {
    if (nothingApplied.has(sqlStateOf(error) ?? "")) return [];
    throw error;
  }
}

function nameOf({ namespace, file }: AppliedMigration): string {
  return `${namespace}/${file}`;
}

function missingMigration(
  files: readonly MigrationFile[],
  recorded: readonly RecordedMigration[],
): string | undefined {
  const given = new Map(files.map((file) => [`${file.namespace}/${file.file}`, file.checksum]));
  const missing = recorded.find((one) => given.get(`${one.namespace}/${one.file}`) !== one.checksum);
  return missing && `${missing.namespace}/${missing.file}`;
}

async function prepare(client: Sql, { appRole, backgroundRole }: MigrateOptions): Promise<void> {
  await client.unsafe(`
    create schema if not exists marketmesh;
    create table if not exists marketmesh.schema_migrations (
      namespace text not null, file text not null, checksum text not null,
      apply_time timestamptz not null default now(), primary key (namespace, file));
    create table if not exists marketmesh.roles (
      only_one boolean primary key default true check (only_one), app_role name not null, background_role name not null);
  `);
  await client`insert into marketmesh.roles (app_role, background_role) values (${appRole}, ${backgroundRole})
    on conflict do nothing`;
  const [row] = await client`select app_role, background_role from marketmesh.roles`;
  if (row?.app_role === appRole && row.background_role === backgroundRole) return;
  throw new MigrationError(
    `the tables were granted to ${row?.app_role} and ${row?.background_role}; ` +
      `keep these roles instead of ${appRole} and ${backgroundRole}`,
  );
}

async function pendingOf(client: Sql, files: readonly MigrationFile[]): Promise<MigrationFile[]> {
  const recorded = await client<{ namespace: string; file: string; checksum: string }[]>`
    select namespace, file, checksum from marketmesh.schema_migrations order by namespace, file`;
  const given = new Map(files.map((file) => [`${file.namespace}/${file.file}`, file]));
  // What comes after the last of ours is of a later release.
  const last = new Map(files.map((file) => [file.namespace, file.file]));
  const done = new Set<string>();
  for (const row of recorded) {
    const name = `${row.namespace}/${row.file}`;
    const file = given.get(name);
    if (!file) {
      if (row.file > (last.get(row.namespace) ?? "~")) continue;
      throw new MigrationError(
        `${name} was applied to this database but is missing: use the code that has it`,
      );
    }
    if (file.checksum !== row.checksum) {
      throw new MigrationError(
        `${name} has changed since it was applied: restore it and write a new migration`,
      );
    }
    done.add(name);
  }
  return files.filter((file) => !done.has(`${file.namespace}/${file.file}`));
}

async function applyPatiently(client: Sql, migration: MigrationFile, lockWaitMs: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await apply(client, migration);
    } catch (error) {
      const isLocked = error instanceof Error && lockedOut.has(sqlStateOf(error.cause) ?? "");
      if (!isLocked || attempt === lockAttemptsMax) throw error;
      await delay(lockWaitMs / 5);
    }
  }
}

/** Waited too long for a lock; was the one to give way in a deadlock with what goes on meanwhile. */
const lockedOut: ReadonlySet<string> = new Set(["55P03", "40P01"]);

async function apply(client: Sql, migration: MigrationFile): Promise<void> {
  const { namespace, file, text, checksum } = migration;
  try {
    await client.begin(async (tx) => {
      await tx.unsafe(text);
      await tx`insert into marketmesh.schema_migrations (namespace, file, checksum) values (${namespace}, ${file}, ${checksum})`;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`${namespace}/${file} failed: ${reason}`, { cause: error });
  }
}
