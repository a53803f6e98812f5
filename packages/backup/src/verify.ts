import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Manifest, tablePath } from "./manifest.ts";
import { sumFile } from "./packed-file.ts";
import { damaged } from "./problem.ts";

/** Reads every file of a backup and compares it with its manifest. Throws BackupProblem BACKUP_DAMAGED, naming the file. */
export async function verifyBackup(folder: string, manifest: Manifest): Promise<void> {
  const tables = manifest.databases.flatMap(({ service, tables }) =>
    tables.map((table) => ({ path: tablePath(service, table), ...table })),
  );
  const files = manifest.files.map((file) => ({ path: join("files", file.name), ...file }));
  for (const { path, bytes, sha256 } of [...tables, ...files]) {
    if (!existsSync(join(folder, path))) throw damaged(`${path} is missing`);
    const found = await sumFile(join(folder, path));
    if (found.bytes !== bytes || found.sha256 !== sha256) throw damaged(`${path} is not what was written`);
  }
}
