import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir } from "./state-folder.ts";

const protoDir = join(checkoutDir, "proto");
const template = join(protoDir, "buf.gen.yaml");

/** Generates the contracts' code from proto/ into a folder. False when buf refuses; its reasons are printed. */
export function generate(target: string): boolean {
  // buf takes the template as JSON too; only the output folder differs from the committed one.
  const config = readFileSync(template, "utf8").replace(/^(\s*out:).*$/gm, `$1 ${JSON.stringify(target)}`);
  const buf = join(checkoutDir, "node_modules", ".bin", "buf");
  return spawnSync(buf, ["generate", "--template", config], { cwd: protoDir, stdio: "inherit" }).status === 0;
}

/** Files that generating again would add, change or remove, relative to `committed`. Undefined: generating failed. */
export function generatedDiff(committed: string): string[] | undefined {
  const fresh = mkdtempSync(join(tmpdir(), "marketmesh-generate-"));
  try {
    if (!generate(fresh)) return undefined;
    const paths = new Set([...filesOf(fresh), ...filesOf(committed)]);
    return [...paths].filter((path) => read(join(fresh, path)) !== read(join(committed, path))).sort();
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(folder.length + 1));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
