import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { named, type ServiceName } from "./name.ts";

const templateDir = join(import.meta.dirname, "template");
const extension = ".tmpl";

/** Writes the template's files under a checkout. Answers with their paths, relative to it. */
export function writeTemplate(checkout: string, name: ServiceName): string[] {
  const paths = readdirSync(templateDir, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(extension),
  );
  return paths.sort().map((path) => {
    const target = named(path.slice(0, -extension.length), name);
    mkdirSync(dirname(join(checkout, target)), { recursive: true });
    // `wx`: nothing that exists is written over.
    const text = named(readFileSync(join(templateDir, path), "utf8"), name);
    writeFileSync(join(checkout, target), text, { flag: "wx" });
    return target;
  });
}
