import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { readSchema } from "./schema-provider.ts";

/** A provider that Terraform can be given here. */
export interface Provider {
  readonly name: string;
  readonly version: string;
  /** The program itself, or its published schema alone. */
  readonly kind: "program" | "schema";
}

/** Providers of which `schemas/` knows the schema. */
const schemaProviders = ["google", "helm", "random"] as const;

const names = ["aws", ...schemaProviders];

/**
 * The folder of providers for `terraform init -plugin-dir`: `TF_PLUGIN_DIR`, else the first of the places where one is usually kept:
 * the mirrors that the CLI's configuration names, the folders that Terraform looks into by itself, and those right below `/opt`.
 */
export function pluginDirectory(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.TF_PLUGIN_DIR) return env.TF_PLUGIN_DIR;
  const home = homedir();
  const shared = (env.XDG_DATA_DIRS ?? "/usr/local/share:/usr/share").split(delimiter);
  const usual = [
    ...configuredMirrors(env.TF_CLI_CONFIG_FILE ?? join(home, ".terraformrc")),
    join(home, ".terraform.d/plugins"),
    ...[env.XDG_DATA_HOME ?? join(home, ".local/share"), ...shared].map((folder) =>
      join(folder, "terraform/plugins"),
    ),
    ...(existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : []),
  ];
  return usual.find((folder) => existsSync(join(folder, registry)));
}

const registry = "registry.terraform.io";

function configuredMirrors(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"/g)].map(([, path]) => path!);
}

/** The providers that there are for this machine, the program before the schema. */
export function providersAtHand(directory: string | undefined): ReadonlyMap<string, Provider> {
  const found = names.flatMap((name): Provider[] => {
    const versions = directory ? versionsIn(directory, name) : [];
    if (versions.length > 0) return [{ name, version: versions.at(-1)!, kind: "program" }];
    const schema = schemaProviders.find((known) => known === name);
    return schema ? [{ name, version: readSchema(schema).version, kind: "schema" }] : [];
  });
  return new Map(found.map((provider) => [provider.name, provider]));
}

function versionsIn(directory: string, name: string): string[] {
  const folder = join(directory, registry, "hashicorp", name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((version) => existsSync(join(folder, version, platform())));
}

/** This machine, as Terraform names it. */
function platform(): string {
  const arch = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;
  return `${process.platform}_${arch}`;
}
