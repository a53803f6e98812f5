import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir } from "./state-folder.ts";
import type { Say } from "./test-run/step.ts";
import { tool } from "./test-run/tool.ts";

const protoDir = join(checkoutDir, "proto");
const template = join(protoDir, "buf.gen.yaml");

/** What is generated below the contracts' sources: the messages, and one file per proto package that gathers them. */
const generatedFolders = ["gen", "api"];
const barrels = join(checkoutDir, "packages", "contracts", "barrels.mjs");

interface Hearing {
  readonly say: Say;
  readonly signal?: AbortSignal;
}

const printing: Hearing = { say: (text) => process.stderr.write(text) };

/** Generates the contracts' code from proto/ below a folder. False when buf refuses, and says why. */
export async function generate(target: string, hearing: Hearing = printing): Promise<boolean> {
  // buf takes the template as JSON too; only the output folder differs from the committed one.
  const out = JSON.stringify(join(target, "gen"));
  const config = readFileSync(template, "utf8").replace(/^(\s*out:).*$/gm, `$1 ${out}`);
  const buf = join(checkoutDir, "node_modules", ".bin", "buf");
  return (
    (await tool(buf, ["generate", "--template", config], { cwd: protoDir, ...hearing })) &&
    (await tool(process.execPath, [barrels, target], { cwd: checkoutDir, ...hearing }))
  );
}

/** Files that generating again would add, change or remove, relative to `committed`. Undefined: generating failed. */
export async function generatedDiff(committed: string, hearing: Hearing): Promise<string[] | undefined> {
  const fresh = mkdtempSync(join(tmpdir(), "marketmesh-generate-"));
  try {
    if (!(await generate(fresh, hearing))) return undefined;
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
