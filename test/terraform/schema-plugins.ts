import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestAuthority } from "@marketmesh/testkit";
import { readSchema } from "./schema-provider.ts";

/** Providers of which `schemas/` knows the schema. */
export const schemaProviders = ["google", "helm", "random"] as const;

/** Lays out a folder for `terraform init -plugin-dir` whose providers answer with their schema and do nothing else. */
export function writeSchemaPlugins(directory: string, providers: readonly string[] = schemaProviders): void {
  const authority = createTestAuthority();
  const { cert, key } = authority.issue({ names: ["localhost"] });
  mkdirSync(directory, { recursive: true });
  for (const [file, text] of [
    ["ca.pem", authority.ca],
    ["cert.pem", cert],
    ["key.pem", key],
  ] as const)
    writeFileSync(join(directory, file), text, { mode: 0o600 });
  for (const name of providers) {
    const { source, version } = readSchema(name);
    const place = join(directory, "registry.terraform.io", source, version, platform());
    const program = join(place, `terraform-provider-${name}_v${version}`);
    mkdirSync(place, { recursive: true });
    const command = [process.execPath, join(import.meta.dirname, "schema-provider.ts"), name, directory];
    writeFileSync(
      program,
      `#!/bin/sh\nexport NODE_COMPILE_CACHE='${join(directory, "cache")}'\nexec ${command.map((word) => `'${word}'`).join(" ")}\n`,
    );
    chmodSync(program, 0o755);
  }
}

/** This machine, as Terraform names it. */
export function platform(): string {
  const arch = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;
  return `${process.platform}_${arch}`;
}
