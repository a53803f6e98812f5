import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { TerraformBlock } from "./evidence.ts";

/** As the parser gives it: resources by type and name, each a list of one body. */
interface Parsed {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;
}

interface Parser {
  parse(file: string, text: string): Promise<unknown>;
}

/** The resources of every .tf file of a folder. Throws when there is none, or one does not parse. */
export async function terraformBlocks(folder: string): Promise<readonly TerraformBlock[]> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".tf")) : [];
  if (files.length === 0) throw new Error(`there is no .tf file in ${folder}`);
  // Loaded on demand: it is two megabytes of WebAssembly. Its own types would bring those of browsers to everything.
  const { parse } = createRequire(import.meta.url)("@cdktf/hcl2json") as Parser;
  const parsed = await Promise.all(
    files.sort().map(async (name) => (await parse(name, readFileSync(join(folder, name), "utf8"))) as Parsed),
  );
  return parsed.flatMap(({ resource = {} }) =>
    Object.entries(resource).flatMap(([type, named]) =>
      Object.entries(named).flatMap(([name, bodies]) => bodies.map((body) => ({ type, name, body }))),
    ),
  );
}
