import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import addFormatsModule from "ajv-formats";
import { parse } from "yaml";

/** A file that is not what it should be. The message names the file, the field and what is allowed. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictRequired: false });
// The package is CommonJS; its types and its module shape disagree.
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;
addFormats(ajv);
const schemas = new URL("../schemas/", import.meta.url);
for (const name of ["pack", "scenario"]) {
  const path = new URL(`${name}.schema.json`, schemas);
  ajv.addSchema(JSON.parse(readFileSync(path, "utf8")), `${name}.schema.json`);
}

/** Reads a YAML or JSON file and checks it against one of the schemas, named as `pack.schema.json#/$defs/plan`. */
export function readDocument<T>(path: string | URL, schema: string): T {
  const document: unknown = parse(readText(path));
  const validate = ajv.getSchema<T>(schema);
  if (validate === undefined) throw new Error(`no schema ${schema}`);
  if (!validate(document)) throw new DocumentError(`${fileName(path)}: ${describe(validate.errors ?? [])}`);
  return document as T;
}

function readText(path: string | URL): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new DocumentError(`${fileName(path)}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
}

function describe(errors: readonly ErrorObject[]): string {
  const lines = errors
    .filter((error) => error.keyword !== "oneOf" || errors.length === 1)
    .slice(0, 5)
    .map((error) => {
      const field = error.instancePath.slice(1).replaceAll("/", ".") || "the document";
      const extra = "additionalProperty" in error.params ? ` (${error.params.additionalProperty})` : "";
      const allowed = "allowedValues" in error.params ? `: ${error.params.allowedValues.join(", ")}` : "";
      return `${field} ${error.message}${extra}${allowed}`;
    });
  return lines.join("; ");
}

function fileName(path: string | URL): string {
  return String(path).replace(/^file:\/\//, "");
}
