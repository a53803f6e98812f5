import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";

export const backup: Command = {
  usage: "FOLDER",
  about: "copies every database into a new folder, while the mesh runs or is down",
  async run(args) {
    const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
    const folder = folderOf(positionals);
    // Loaded on demand: no other command needs the database's driver.
    const { backUpMesh } = await import("@marketmesh/dev-stack/backup");
    const { databases } = await backUpMesh(folder);
    let bytes = 0;
    for (const { service, tables } of databases) {
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      bytes += tables.reduce((sum, table) => sum + table.bytes, 0);
      process.stdout.write(`${service.padEnd(12)} ${rows} rows of ${tables.length} tables\n`);
    }
    process.stdout.write(`${folder} holds the mesh in ${(bytes / 2 ** 20).toFixed(1)} MiB\n`);
    process.stdout.write(
      "Keep apart from it, from the state folder: secrets.json, operator.key, erasures.ndjson\n",
    );
  },
};

export const restore: Command = {
  usage: "FOLDER [--replace] [--secrets FILE] [--erasures FILE|none]",
  about: "makes the mesh what a backup holds; --replace stops it and gives up what it holds now",
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        replace: { type: "boolean" },
        secrets: { type: "string" },
        erasures: { type: "string" },
      },
      allowPositionals: true,
    });
    const folder = folderOf(positionals);
    const { restoreMesh } = await import("@marketmesh/dev-stack/backup");
    const { startTime, product } = await restoreMesh(folder, {
      ...values,
      say: (line) => void process.stdout.write(`${line}\n`),
    });
    process.stdout.write(`Restored as of ${startTime}, from release ${product}. Start it: npm start\n`);
  },
};

function folderOf([folder, ...more]: readonly string[]): string {
  if (folder === undefined || more.length > 0) throw new UsageError("name one folder");
  return folder;
}
