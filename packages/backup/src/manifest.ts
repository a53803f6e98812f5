import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RecordedMigration } from "@marketmesh/postgres";
import { BackupProblem, damaged } from "./problem.ts";

/** What a backup holds: `manifest.json`. Its own SHA-256 stands beside it in `manifest.sha256`. */
export interface Manifest {
  readonly format: number;
  /** Version of the product that made it. */
  readonly product: string;
  /** When the first snapshot was opened and when the last file was closed, RFC 3339. */
  readonly startTime: string;
  readonly endTime: string;
  /** `fingerprintOf` the key that seals secrets in the databases. */
  readonly masterKey: string;
  /** In the order of the snapshots: whoever depends stands before what it depends on. */
  readonly databases: readonly DatabasePart[];
  /** Further files, as they were. */
  readonly files: readonly FilePart[];
}

/** One service's database, as one snapshot saw it. */
export interface DatabasePart {
  readonly service: string;
  readonly snapshotTime: string;
  readonly migrations: readonly RecordedMigration[];
  readonly tables: readonly TablePart[];
  readonly sequences: readonly SequencePart[];
  /** Where its feeds stood. */
  readonly feeds: readonly { readonly feed: string; readonly epoch: string; readonly lastSeq: string }[];
}

/** One table: `SERVICE/SCHEMA.TABLE.copy.zst`, the text format of COPY, compressed by zstd. */
export interface TablePart {
  readonly schema: string;
  readonly table: string;
  /** Of each row, in this order; generated ones are left out. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Of the compressed file. */
  readonly bytes: number;
  readonly sha256: string;
}

export interface SequencePart {
  readonly schema: string;
  readonly sequence: string;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/** A file of the folder `files`. */
export interface FilePart {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The format that this code writes; it reads this and older ones. */
export const FORMAT = 1;

const manifestBytesMax = 16 * 2 ** 20;

/** Tells whether a key is the one a backup belongs to, and nothing else: the key has 256 random bits. */
export function fingerprintOf(masterKey: string): string {
  return createHash("sha256")
    .update(`marketmesh backup ${masterKey.toLowerCase()}`)
    .digest("hex")
    .slice(0, 32);
}

/** Where a table's rows are, within the backup's folder. */
export function tablePath(service: string, table: Pick<TablePart, "schema" | "table">): string {
  return join(service, `${table.schema}.${table.table}.copy.zst`);
}

/** Writes it, last of all: a folder without it is no backup. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await writeDurably(join(folder, "manifest.sha256"), `${sha256(text)}\n`);
  await writeDurably(join(folder, "manifest.json"), text);
}

/**
 * Reads the manifest of a backup, checked against its own sum and against what this code knows.
 *
 * Throws BackupProblem BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT_NEWER, BACKUP_PRODUCT_NEWER.
 */
export async function readManifest(folder: string, product: string): Promise<Manifest> {
  const path = join(folder, "manifest.json");
  if (!existsSync(path)) {
    const advice =
      "Give the folder that `marketmesh backup` wrote; one that was cut short has no manifest.json.";
    throw new BackupProblem("BACKUP_NOT_FOUND", `${folder} holds no finished backup`, advice);
  }
  const manifest = parse(await readBounded(path), await sumBeside(folder));
  if (manifest.format > FORMAT) {
    const message = `the backup has format ${manifest.format}, this release reads up to ${FORMAT}`;
    throw new BackupProblem("BACKUP_FORMAT_NEWER", message, `Restore it with release ${manifest.product}.`);
  }
  if (isNewer(manifest.product, product)) {
    const message = `the backup was made by release ${manifest.product}, this is ${product}`;
    throw new BackupProblem(
      "BACKUP_PRODUCT_NEWER",
      message,
      `Restore it with release ${manifest.product} or newer.`,
    );
  }
  checkNames(manifest);
  return manifest;
}

function parse(text: string, sum: string): Manifest {
  if (sha256(text) !== sum) throw damaged("manifest.json is not what was written");
  try {
    return JSON.parse(text) as Manifest;
  } catch {
    throw damaged("manifest.json can't be read");
  }
}

async function sumBeside(folder: string): Promise<string> {
  const path = join(folder, "manifest.sha256");
  if (!existsSync(path)) throw damaged("manifest.sha256 is missing");
  return (await readFile(path, "utf8")).trim();
}

async function readBounded(path: string): Promise<string> {
  await using file = await open(path);
  if ((await file.stat()).size > manifestBytesMax) throw damaged("manifest.json is too large");
  return file.readFile("utf8");
}

/** Names become paths and identifiers, so nothing but plain ones may come from a file. */
function checkNames(manifest: Manifest): void {
  const names = manifest.databases.flatMap(({ service, tables, sequences }) => [
    service,
    ...tables.flatMap(({ schema, table, columns }) => [schema, table, ...columns]),
    ...sequences.flatMap(({ schema, sequence }) => [schema, sequence]),
  ]);
  const odd = names.find((name) => !/^[a-z_][a-z0-9_]{0,62}$/.test(name));
  const oddFile = manifest.files.find(({ name }) => !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/.test(name));
  if (odd !== undefined || oddFile) throw damaged(`manifest.json names ${odd ?? oddFile?.name}`);
}

function isNewer(made: string, own: string): boolean {
  const numbers = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);
  const [a, b] = [numbers(made), numbers(own)];
  const at = a.findIndex((number, index) => number !== (b[index] ?? 0));
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(text);
  await file.sync();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
