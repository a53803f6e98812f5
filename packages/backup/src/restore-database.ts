import { join } from "node:path";
import { beginNewLife, eventMigrations } from "@marketmesh/events";
import { migrate, openClient, openDatabase, rolesOf, unknownMigration } from "@marketmesh/postgres";
import type { Sql } from "postgres";
import { createJobTables, giveJobsBack } from "./job-tables.ts";
import { type DatabasePart, tablePath } from "./manifest.ts";
import { unpackFile } from "./packed-file.ts";
import { BackupProblem, damaged } from "./problem.ts";
import { inForeignKeyOrder, listTables, nameOf, quoted, type Table } from "./tables.ts";

/** An empty database that becomes what a backup holds. */
export interface RestoreTarget {
  /** By role: the owner of its tables, the app role and the background role. */
  readonly migratorUrl: string;
  readonly appUrl: string;
  readonly backgroundUrl: string;
  /** The service's own migrations; those of the platform are known. */
  readonly migrations: URL;
}

/** Throws BackupProblem BACKUP_PRODUCT_NEWER when the backup's schema is one that this code does not know. */
export async function checkMigrations(part: DatabasePart, migrations: URL): Promise<void> {
  const unknown = await unknownMigration(directoriesOf(part.service, migrations), part.migrations);
  if (unknown === undefined) return;
  const message = `the backup's ${part.service} has migration ${unknown}, which this release does not have`;
  throw new BackupProblem(
    "BACKUP_PRODUCT_NEWER",
    message,
    "Restore it with the release that made it, or a newer one.",
  );
}

/**
 * Restores one database: the schema as it was, the rows, the sequences; then the migrations that came since; then a new life of
 * its feeds. The database is not used by anybody until this resolves; when it throws, drop it.
 */
export async function restoreDatabase(
  folder: string,
  part: DatabasePart,
  target: RestoreTarget,
): Promise<void> {
  const directories = directoriesOf(part.service, target.migrations);
  const roles = rolesOf({ url: target.appUrl, backgroundUrl: target.backgroundUrl });
  await migrate(target.migratorUrl, directories, { ...roles, only: part.migrations });
  await createJobTables(part, target.migratorUrl);
  await fill(folder, part, target.migratorUrl);
  await migrate(target.migratorUrl, directories, roles);
  const database = await openDatabase({
    url: target.appUrl,
    backgroundUrl: target.backgroundUrl,
    appMax: 1,
    backgroundMax: 1,
    applicationName: "restore",
  });
  try {
    await database.background(beginNewLife);
  } finally {
    await database.close();
  }
}

function directoriesOf(service: string, directory: URL) {
  return [eventMigrations, { namespace: service, directory }];
}

async function fill(folder: string, part: DatabasePart, url: string): Promise<void> {
  const sql = await openClient(url, "restore", { fetch_types: true });
  try {
    await sql.unsafe("begin");
    const tables = await inForeignKeyOrder(sql, tablesOf(part, await listTables(sql)));
    // Row security binds even the owner, and COPY can't be judged by it row by row; triggers ran when the rows were written.
    await eachTable(sql, tables, (table) => [
      ...(table.forced ? [`alter table ${table.name} no force row level security`] : []),
      `alter table ${table.name} disable trigger user`,
    ]);
    await sql.unsafe(`truncate ${tables.map(({ schema, table }) => quoted(schema, table)).join(", ")}`);
    for (const table of tables) await copyIn(sql, folder, part, table);
    await eachTable(sql, tables, (table) => [
      `alter table ${table.name} enable trigger user`,
      ...(table.forced ? [`alter table ${table.name} force row level security`] : []),
    ]);
    for (const { schema, sequence, lastValue, isCalled } of part.sequences) {
      await sql`select setval(${quoted(schema, sequence)}::regclass, ${lastValue}::bigint, ${isCalled})`;
    }
    await giveJobsBack(part, sql);
    await sql.unsafe("commit");
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The backup's tables as the schema has them, with the columns of the backup. */
function tablesOf(part: DatabasePart, found: readonly Table[]): Table[] {
  const names = new Map(found.map((table) => [nameOf(table), table]));
  return part.tables.map((table) => {
    const known = names.get(nameOf(table));
    if (known) return { ...known, columns: table.columns };
    throw damaged(`${part.service} has rows of ${nameOf(table)}, which none of its migrations creates`);
  });
}

async function eachTable(
  sql: Sql,
  tables: readonly Table[],
  statements: (table: Table & { readonly name: string }) => readonly string[],
): Promise<void> {
  for (const table of tables) {
    for (const text of statements({ ...table, name: quoted(table.schema, table.table) }))
      await sql.unsafe(text);
  }
}

async function copyIn(sql: Sql, folder: string, part: DatabasePart, table: Table): Promise<void> {
  const name = quoted(table.schema, table.table);
  const columns = table.columns.map((column) => quoted(column)).join(", ");
  const target = await sql.unsafe(`copy ${name} (${columns}) from stdin`).writable();
  await unpackFile(join(folder, tablePath(part.service, table)), target);
  const [row] = await sql.unsafe<{ rows: number }[]>(`select count(*)::float8 as rows from ${name}`);
  const expected = part.tables.find((one) => nameOf(one) === nameOf(table))!.rows;
  if (row!.rows !== expected) throw damaged(`${nameOf(table)} got ${row!.rows} rows of ${expected}`);
}
