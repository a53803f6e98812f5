import { parse } from "yaml";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const begin = "<!-- values: made by `npm run generate` -->";
const end = "<!-- values: end -->";

/** The chart's README with the table of its values between two marks, from the schema's descriptions and the defaults. */
export function withValuesTable(readme: string, schemaText: string, valuesText: string): string {
  const [head, rest] = readme.split(begin);
  const tail = rest?.split(end)[1];
  if (head === undefined || tail === undefined) throw new Error(`README.md has no ${begin} … ${end}`);
  return `${head}${begin}\n\n${valuesTable(schemaText, valuesText)}\n${end}${tail}`;
}

function valuesTable(schemaText: string, valuesText: string): string {
  const schema = JSON.parse(schemaText) as Schema;
  const values = parse(valuesText) as Record<string, unknown>;
  const rows = [...rowsOf(schema, schema, values, "")];
  return `| value | default | what it is |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

function* rowsOf(root: Schema, node: Schema, values: unknown, path: string): Generator<string> {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    if (key === "global") continue;
    const at = path === "" ? key : `${path}.${key}`;
    const value = (values as Record<string, unknown> | undefined)?.[key];
    // Each service takes what `defaults` takes; one row for all.
    if (at === "services") {
      yield row(
        "services.SERVICE",
        "",
        "As `defaults`, for one service; what values.yaml sets there is for its memory and its pools.",
      );
      continue;
    }
    const known = resolve(root, child);
    if (known.properties && at !== "pods") yield* rowsOf(root, known, value, at);
    else yield row(at, defaultOf(value), withWords(known));
  }
}

function resolve(root: Schema, node: Schema): Schema {
  if (node.$ref === undefined) return node;
  return { ...root.$defs![node.$ref.split("/").at(-1)!], ...node };
}

function withWords({ description = "", enum: words }: Schema): string {
  return words ? `${description} One of ${words.map((word) => `\`${word}\``).join(", ")}.` : description;
}

function defaultOf(value: unknown): string {
  if (value === undefined || value === "") return "";
  return `\`${typeof value === "object" ? JSON.stringify(value) : value}\``;
}

function row(value: string, fallback: string, description: string): string {
  return `| \`${value}\` | ${fallback} | ${description.replaceAll("|", "\\|")} |`;
}
