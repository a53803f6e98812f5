import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkoutDir, stateDirOf } from "../state-folder.ts";
import { SERVICES } from "../supervisor/service-table.ts";
import { bundleService } from "./bundle.ts";

/** Everything that is bundled, and made into an image. */
export const BUNDLED: readonly string[] = [...SERVICES.map(({ name }) => name), "cli"];

/** Where `npm run bundle` puts a bundle. */
export function bundleFolder(name: string): string {
  return join(stateDirOf(checkoutDir, process.env), "bundles", name);
}

/** `npm run bundle [-- NAME...]`: bundles what is named, or all. Answers with the exit status. */
export async function bundleCommand(names: readonly string[]): Promise<number> {
  for (const name of names.length > 0 ? names : BUNDLED) {
    const { folder, release } = await bundleService(name, bundleFolder(name));
    const mebibytes = ((await bytesOf(folder)) / 2 ** 20).toFixed(1);
    process.stdout.write(`${name.padEnd(12)} ${mebibytes} MiB  ${release.version} ${folder}\n`);
  }
  return 0;
}

async function bytesOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true });
  return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}
