import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const roots = [
  "packages",
  "services",
  "test",
  "proto",
  "deploy",
  "terraform",
  "package.json",
  "pnpm-lock.yaml",
  "vitest.config.ts",
];
const leftOut = /^(node_modules|\..*|.*\.md)$/;

/** One hash over everything that a test may depend on, prose aside: results of other sources are stale. */
export function sourcesDigest(checkout: string): string {
  const hash = createHash("sha256");
  for (const root of roots) addPath(hash, checkout, root);
  return hash.digest("hex");
}

function addPath(hash: ReturnType<typeof createHash>, checkout: string, path: string): void {
  const full = join(checkout, path);
  // A link that leads nowhere has no content.
  if (!existsSync(full)) return;
  if (!statSync(full).isDirectory()) {
    hash.update(`\n${path}\n`).update(readFileSync(full));
    return;
  }
  const names = readdirSync(full).filter((name) => !leftOut.test(name));
  for (const name of names.sort()) addPath(hash, checkout, `${path}/${name}`);
}
