import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import addFormatsModule from "ajv-formats";
import { expect, test } from "vitest";
import { checkoutDir } from "../state-folder.ts";
import { readLockfile } from "./lockfile.ts";
import { sbomOf } from "./sbom.ts";

const release = { version: "1.2.3", commit: "a".repeat(40) };
const pnpm = "node_modules/.pnpm";

/** A real file of a package, as the bundler names it. */
function sourceOf(packageKey: string): string {
  const [name, version] = packageKey.split(/@(?=\d)/) as [string, string];
  return `${pnpm}/${name.replace("/", "+")}@${version}/node_modules/${name}/package.json`;
}

const { dependencies } = JSON.parse(
  readFileSync(join(checkoutDir, "packages/dev-stack/package.json"), "utf8"),
);
const postgres = `postgres@${dependencies.postgres}`;
const yaml = `yaml@${dependencies.yaml}`;
const sources = [sourceOf(yaml), "packages/rpc/src/index.ts", sourceOf(postgres), sourceOf(postgres)];

test("names each package once, with version, licence, address and the lockfile's integrity", () => {
  const { components } = sbomOf(checkoutDir, { name: "catalog", release, sources });
  expect(components.map(({ purl }) => purl)).toEqual([`pkg:npm/${postgres}`, `pkg:npm/${yaml}`]);
  expect(components[0]).toMatchObject({ name: "postgres", licenses: [{ license: { id: "Unlicense" } }] });
  const { integrity } = readLockfile(checkoutDir).get(postgres)!;
  const hash = Buffer.from(components[0]!.hashes![0]!.content, "hex").toString("base64");
  expect(`sha512-${hash}`).toBe(integrity);
});

test("is the same for the same bundle, and another for another", () => {
  const one = () => sbomOf(checkoutDir, { name: "catalog", release, sources }).serialNumber;
  expect(one()).toBe(one());
  expect(sbomOf(checkoutDir, { name: "catalog", release, sources: [] }).serialNumber).not.toBe(one());
});

test("is what CycloneDX 1.6 says, whichever of the installed packages goes in", () => {
  const validate = cycloneDx();
  const installed = readdirSync(join(checkoutDir, pnpm)).flatMap((folder) => {
    const [, name] = /^((?:@[^+]+\+)?[^@]+)@\d/.exec(folder) ?? [];
    const source = `${pnpm}/${folder}/node_modules/${name?.replace("+", "/")}/package.json`;
    return name !== undefined && existsSync(join(checkoutDir, source)) ? [source] : [];
  });
  const sbom = sbomOf(checkoutDir, { name: "catalog", release, sources: installed });
  expect(sbom.components.length).toBeGreaterThan(100);
  expect(validate(sbom), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...sbom, serialNumber: "no" })).toBe(false);
});

/** The schema that CycloneDX's own library carries. */
function cycloneDx() {
  const library = createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json");
  const schemas = join(dirname(library), "res", "schema");
  const read = (name: string) =>
    JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), "utf8"));
  const ajv = new Ajv({ strict: false, logger: false });
  (addFormatsModule as unknown as (ajv: Ajv) => void)(ajv);
  for (const name of ["spdx", "jsf-0.82", "cryptography-defs"])
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  return ajv.compile(read("bom-1.6"));
}
