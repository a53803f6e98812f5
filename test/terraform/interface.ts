import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Body, type Folder, readFolders, terraformRoot } from "./hcl.ts";
import { typeOf } from "./wiring.ts";

/** READMEs of modules by their path, with the tables of inputs and outputs as the HCL has them now. */
export async function readmes(): Promise<
  ReadonlyMap<string, { readonly now: string; readonly made: string }>
> {
  const folders = await readFolders();
  const nouns = readdirSync(join(terraformRoot, "modules"));
  return new Map(
    nouns.map((noun) => {
      const path = `modules/${noun}/README.md`;
      const now = readFileSync(join(terraformRoot, path), "utf8");
      return [path, { now, made: withTables(now, noun, folders) }];
    }),
  );
}

/** Implementations of a noun that its README has no table for. */
export function undescribed(noun: string, readme: string, folders: ReadonlyMap<string, Folder>): string[] {
  const paths = [...folders.keys()].filter((path) => path.startsWith(`modules/${noun}/`));
  return paths.filter((path) => !readme.includes(`<!-- interface: ${path.split("/")[2]} -->`));
}

function withTables(text: string, noun: string, folders: ReadonlyMap<string, Folder>): string {
  return text.replace(
    /(<!-- interface: (\w+) -->\n)[\s\S]*?(<!-- \/interface -->)/g,
    (_, begin: string, name: string, end: string) => {
      const folder = folders.get(`modules/${noun}/${name}`);
      if (!folder) throw new Error(`modules/${noun}/README.md: there is no ${name}`);
      return `${begin}\n${inputs(folder)}\n${outputs(folder)}\n${end}`;
    },
  );
}

function inputs({ variables }: Folder): string {
  const rows = [...variables].map(([name, variable]) => [
    `\`${name}\``,
    shortType(variable),
    fallback(variable),
    text(variable),
  ]);
  return table(["input", "type", "default", "meaning"], rows);
}

function outputs({ outputs: all }: Folder): string {
  return table(
    ["output", "meaning"],
    [...all].map(([name, output]) => [`\`${name}\``, text(output)]),
  );
}

/** Columns as wide as the formatter makes them, so that it has nothing to change. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[], fill = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(" | ")} |\n`;
  return [
    line(head),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.map((row) => line(row)),
  ].join("");
}

function text({ description }: Body): string {
  return String(description).replaceAll("|", "\\|").replace(/\s+/g, " ");
}

/** Objects are told by their shape's name alone: the HCL has the fields. */
function shortType(variable: Body): string {
  return typeOf(variable)
    .replace(/object\([\s\S]*\)$/, "object")
    .replace(/\(object\)?$/, "(object)");
}

function fallback(variable: Body): string {
  if (!("default" in variable)) return "required";
  const value = JSON.stringify(variable.default);
  return value.length > 60 ? "see variables.tf" : `\`${value}\``;
}

if (import.meta.main) {
  for (const [path, { made }] of await readmes()) writeFileSync(join(terraformRoot, path), made);
}
