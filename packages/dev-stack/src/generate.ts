import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir } from "./state-folder.ts";

const protoDir = join(checkoutDir, "proto");
const template = join(protoDir, "buf.gen.yaml");

/** What is generated below the contracts' sources: the messages, and one file per proto package that gathers them. */
const generatedFolders = ["gen", "api"];
const barrels = join(checkoutDir, "packages", "contracts", "barrels.mjs");

/** Generates the contracts' code from proto/ below a folder. False when buf refuses; its reasons are printed. */
export function generate(target: string): boolean {
  // buf takes the template as JSON too; only the output folder differs from the committed one.
  const out = JSON.stringify(join(target, "gen"));
  const config = readFileSync(template, "utf8").replace(/^(\s*out:).*$/gm, `$1 ${out}`);
  const buf = join(checkoutDir, "node_modules", ".bin", "buf");
  return (
    run(buf, ["generate", "--template", config], protoDir) &&
    run(process.execPath, [barrels, target], checkoutDir)
  );
}

function run(command: string, args: readonly string[], cwd: string): boolean {
  return spawnSync(command, args, { cwd, stdio: "inherit" }).status === 0;
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
  return generatedFolders.flatMap((name) => {
    const entries = readdirSync(join(folder, name), { recursive: true, withFileTypes: true });
    return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(folder.length + 1));
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
