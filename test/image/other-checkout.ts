import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bundle } from "@marketmesh/dev-stack/image";
import { checkoutDir } from "@marketmesh/dev-stack/servers";

/** A copy of what a bundle was made from, in a folder with another name and depth, and without a repository. */
export function copyCheckout({ looked }: Bundle): Disposable & { readonly folder: string } {
  const parent = mkdtempSync(join(tmpdir(), "marketmesh-other-"));
  const folder = join(parent, "another", "place");
  mkdirSync(join(folder, "node_modules", ".pnpm"), { recursive: true });
  const copy = (path: string) =>
    cpSync(join(checkoutDir, path), join(folder, path), { recursive: true, verbatimSymlinks: true });
  for (const file of ["package.json", "pnpm-lock.yaml"]) copy(file);
  const parts = looked.map((path) => path.split("/"));
  const folderOf = (path: readonly string[]) => path.slice(0, path[0] === "node_modules" ? 3 : 2).join("/");
  for (const path of new Set(parts.filter(([first]) => !first?.includes(":")).map(folderOf))) copy(path);
  return { folder, [Symbol.dispose]: () => rmSync(parent, { recursive: true }) };
}
