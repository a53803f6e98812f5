import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackProblem } from "../problem.ts";

/** The list of erased parties: made by identity, kept by every restore. */
export function erasureListPath(stateDir: string): string {
  return join(stateDir, "erasures.ndjson");
}

/** What a state folder remembers of scenarios: it belongs to the state of the databases. */
export function runFiles(stateDir: string): { readonly name: string; readonly path: string }[] {
  const folder = join(stateDir, "runs");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.map((name) => ({ name, path: join(folder, name) }));
}

/** Puts a backup's files in place of what scenarios left. */
export function replaceRunFiles(stateDir: string, from: string, names: readonly string[]): void {
  rmSync(join(stateDir, "runs"), { recursive: true, force: true });
  mkdirSync(join(stateDir, "runs"));
  for (const name of names) writeFileSync(join(stateDir, "runs", name), readFileSync(join(from, name)));
}

/** Adds another list's lines to the folder's own: identity knows an erasure that it reads twice. */
export function mergeErasures(stateDir: string, other: string): void {
  const path = erasureListPath(stateDir);
  const texts = [path, other].map((one) => (existsSync(one) ? readFileSync(one, "utf8") : ""));
  const lines = new Set(texts.flatMap((text) => text.split("\n")).filter((line) => line !== ""));
  writeFileSync(`${path}.new`, [...lines].map((line) => `${line}\n`).join(""), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Empty databases know nobody: who was erased from others may be somebody else here. The list is kept beside. */
export function setErasuresAside(stateDir: string, now: Date): void {
  const path = erasureListPath(stateDir);
  if (!existsSync(path) || readFileSync(path, "utf8").trim() === "") return;
  renameSync(path, join(stateDir, `erasures-until-${now.toISOString().replaceAll(":", "")}.ndjson`));
}

const marker = (stateDir: string) => join(stateDir, "restore.unfinished");

/** From here on databases, streams and files are of different states, until `markRestored`. */
export function markRestoring(stateDir: string, folder: string): void {
  writeFileSync(marker(stateDir), `${folder}\n`);
}

export function markRestored(stateDir: string): void {
  rmSync(marker(stateDir), { force: true });
}

/** Throws RESTORE_UNFINISHED when a restore was cut short while it changed things. */
export function refuseHalfRestored(stateDir: string): void {
  if (!existsSync(marker(stateDir))) return;
  const folder = readFileSync(marker(stateDir), "utf8").trim();
  throw new StackProblem(
    "RESTORE_UNFINISHED",
    `a restore from ${folder} was cut short`,
    `Run it again: npx marketmesh restore ${folder} --replace. Or begin empty: npm start -- --fresh.`,
  );
}
