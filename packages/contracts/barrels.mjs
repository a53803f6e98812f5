// Writes one file per proto package, so that `@marketmesh/contracts/catalog/v1` has everything of marketmesh.catalog.v1.
// Runs after buf generate. Files are sorted, so that generating again changes nothing.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

// The folder that holds gen/ and gets api/; the package's own sources unless named.
const source = process.argv[2] ?? join(import.meta.dirname, "src");
const gen = join(source, "gen");
const api = join(source, "api");

const filesOf = new Map();
for (const entry of readdirSync(gen, { recursive: true })) {
  const path = String(entry).split(sep).join("/");
  if (!path.endsWith("_pb.ts")) continue;
  const folder = dirname(path).replace(/^marketmesh\//, "");
  filesOf.set(folder, [...(filesOf.get(folder) ?? []), path]);
}

// Every file of the contracts in one registry, for what has to name any message: Any in JSON.
const everything = [...filesOf.values()].flat().sort();
const registry = everything.map((path) => {
  const name = `file_${path.replace(/_pb\.ts$/, "").replace(/[/.-]/g, "_")}`;
  return { name, line: `import { ${name} } from "../gen/${path}";\n` };
});

rmSync(api, { recursive: true, force: true });
for (const [folder, paths] of filesOf) {
  const target = join(api, `${folder}.ts`);
  mkdirSync(dirname(target), { recursive: true });
  const lines = paths.sort().map((path) => {
    const from = relative(dirname(target), join(gen, path)).split(sep).join("/");
    return `export * from "${from}";\n`;
  });
  writeFileSync(target, lines.join(""));
}

writeFileSync(
  join(api, "registry.ts"),
  `import { createRegistry, type Registry } from "@bufbuild/protobuf";
${registry.map(({ line }) => line).join("")}
/** Every message, enum and service of the contracts by name. */
export const registry: Registry = createRegistry(
${registry.map(({ name }) => `  ${name},\n`).join("")});
`,
);
