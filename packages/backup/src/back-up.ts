import { existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type FilePart, FORMAT, fingerprintOf, type Manifest, writeManifest } from "./manifest.ts";
import { sumFile } from "./packed-file.ts";
import { BackupProblem } from "./problem.ts";
import { openSnapshot, type Snapshot, type Source } from "./snapshot.ts";

/** What to back up, and where to. */
export interface BackUpOptions {
  /** Made, mode 0700; must not exist. Until all is written it is called `FOLDER.partial`. */
  readonly folder: string;
  /** Version of the product. */
  readonly product: string;
  /** Seals secrets in the databases; its fingerprint alone is written. */
  readonly masterKey: string;
  /**
   * In the order in which their snapshots are opened: a service that handles another's events, or calls it, stands before it. So
   * no database holds the effect of an event or call that its producer's does not have; see docs/adr/0012.
   */
  readonly databases: readonly Source[];
  /** Files to keep as they are, by name. */
  readonly files?: readonly { readonly name: string; readonly path: string }[];
  readonly now: () => Date;
}

/**
 * Copies databases while they are in use: each as one snapshot, all of them opened within milliseconds before the first row is
 * copied. Nobody waits for it.
 *
 * Throws BackupProblem BACKUP_EXISTS; what fails on the way leaves nothing.
 */
export async function backUp(options: BackUpOptions): Promise<Manifest> {
  const { folder, databases, now } = options;
  if (existsSync(folder)) {
    throw new BackupProblem("BACKUP_EXISTS", `${folder} exists`, "Name a folder that does not exist yet.");
  }
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const snapshots: Snapshot[] = [];
  try {
    const startTime = now().toISOString();
    for (const source of databases) snapshots.push(await openSnapshot(source));
    const parts = [];
    for (const snapshot of snapshots) {
      parts.push(await snapshot.copyTo(partial));
      await snapshot.close(); // frees its old rows while the next is copied
    }
    const manifest: Manifest = {
      format: FORMAT,
      product: options.product,
      startTime,
      endTime: now().toISOString(),
      masterKey: fingerprintOf(options.masterKey),
      databases: parts,
      files: await copyFiles(partial, options.files ?? []),
    };
    await writeManifest(partial, manifest);
    await rename(partial, folder);
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  } finally {
    await Promise.all(snapshots.map((snapshot) => snapshot.close()));
  }
}

async function copyFiles(
  folder: string,
  files: readonly { readonly name: string; readonly path: string }[],
): Promise<FilePart[]> {
  const parts: FilePart[] = [];
  await mkdir(join(folder, "files"), { mode: 0o700 });
  for (const { name, path } of files) {
    await copyFile(path, join(folder, "files", name));
    parts.push({ name, ...(await sumFile(join(folder, "files", name))) });
  }
  return parts;
}
