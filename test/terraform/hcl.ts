import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";

// Its own types would bring those of browsers to every file that is checked.
const { parse } = createRequire(import.meta.url)("@cdktf/hcl2json") as {
  parse(file: string, text: string): Promise<unknown>;
};

/** A block's content: attributes and nested blocks by name; expressions are texts in `${}`. */
export type Body = Readonly<Record<string, unknown>>;

/** A folder of Terraform files, as far as it can be known without a provider. */
export interface Folder {
  /** Relative to `terraform/`, with slashes. */
  readonly path: string;
  readonly variables: ReadonlyMap<string, Body>;
  readonly outputs: ReadonlyMap<string, Body>;
  readonly locals: ReadonlyMap<string, unknown>;
  readonly modules: ReadonlyMap<string, Body>;
  /** `type.name` of resources, `data.type.name`, `ephemeral.type.name`. */
  readonly objects: ReadonlyMap<string, Body>;
  /** Local names of the providers that it configures. */
  readonly configured: readonly string[];
  /** What the providers' configuration refers to. */
  readonly providerReferences: readonly string[];
  /** The `terraform` block. */
  readonly settings: Body;
}

export const terraformRoot = join(import.meta.dirname, "../../terraform");

/** Every folder below `terraform/` that holds `.tf` files, by its path. */
export async function readFolders(root = terraformRoot): Promise<ReadonlyMap<string, Folder>> {
  const byFolder = new Map<string, string[]>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".tf")) continue;
    const texts = byFolder.get(entry.parentPath) ?? [];
    byFolder.set(entry.parentPath, [...texts, readFileSync(join(entry.parentPath, entry.name), "utf8")]);
  }
  const folders = new Map<string, Folder>();
  for (const [directory, texts] of [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = relative(root, directory);
    // Terraform reads a folder as one text too, and the parser takes its time by the file. Throws when it is no HCL.
    folders.set(path, folderOf(path, (await parse(path, texts.join("\n"))) as Body));
  }
  return folders;
}

function folderOf(path: string, content: Body): Folder {
  const objects = new Map<string, Body>();
  for (const [kind, prefix] of [
    ["resource", ""],
    ["data", "data."],
    ["ephemeral", "ephemeral."],
  ] as const) {
    for (const [type, byName] of named(content, kind))
      for (const [name, bodies] of Object.entries(byName))
        objects.set(`${prefix}${type}.${name}`, first(bodies));
  }
  return {
    path,
    objects,
    variables: blocks(content, "variable"),
    outputs: blocks(content, "output"),
    modules: blocks(content, "module"),
    locals: new Map(list(content.locals).flatMap((body) => Object.entries(body))),
    configured: named(content, "provider").map(([name]) => name),
    providerReferences: named(content, "provider").flatMap(([, bodies]) =>
      references(bodies).map(({ to }) => to),
    ),
    settings: Object.assign({}, ...list(content.terraform)),
  };
}

function blocks(content: Body, kind: string): Map<string, Body> {
  return new Map(named(content, kind).map(([name, bodies]) => [name, first(bodies)]));
}

function named(content: Body, kind: string): [string, Body][] {
  return Object.entries((content[kind] ?? {}) as Record<string, Body>);
}

function first(bodies: unknown): Body {
  return list(bodies)[0] ?? {};
}

/** The blocks of a kind, whether there is one, several or none. */
export function list(bodies: unknown): Body[] {
  return Array.isArray(bodies) ? (bodies as Body[]) : [];
}

const reference =
  /(?<![\w.-])(var|local|module|(?:data\.|ephemeral\.)?(?:aws|google|helm|random)_[a-z0-9_]+|data\.terraform_remote_state)\.([\w-]+)(?:(?:\[[^\]]*\])?\.([\w-]+))?/g;

/** What an expression, or everything in a body, refers to: `kind.name`, and the attribute that is asked of it. */
export function references(
  value: unknown,
): { readonly to: string; readonly attribute: string | undefined }[] {
  if (typeof value === "string") {
    if (!value.includes("${")) return [];
    return [...value.matchAll(reference)].map(([, kind, name, attribute]) => ({
      to: `${kind}.${name}`,
      attribute,
    }));
  }
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => [...references(key), ...references(inner)]);
}
