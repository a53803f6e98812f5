import { RE2JS } from "@bufbuild/re2";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { default as ajvFormats } from "ajv-formats";
import type { JsonObject } from "./json.ts";
import { type Problem, refused } from "./problem.ts";
import { allowedFormats, vetSchema } from "./schema.ts";

/** What is wrong with attributes: a path such as `attributes.skills[0]` and what is allowed, without any value. */
export interface AttributeMistake {
  readonly field: string;
  readonly message: string;
}

export type Validate = (attributes: JsonObject) => AttributeMistake | undefined;

export type CompiledSchema =
  | { readonly ok: true; readonly value: Validate }
  | { readonly ok: false; readonly problem: Problem<"SCHEMA_INVALID"> };

/** Compiles the schema of a kind; refuses what a kind may not have (vetSchema) and what is no JSON Schema 2020-12. */
export function compileSchema(schema: JsonObject): CompiledSchema {
  const vetted = vetSchema(schema);
  if (vetted) return vetted;
  try {
    const check = ajv().compile({ ...schema, additionalProperties: false });
    return {
      ok: true,
      value: (attributes) => (check(attributes) ? undefined : mistakeOf((check.errors ?? [])[0])),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : "This is no JSON Schema.";
    return refused("SCHEMA_INVALID", message.slice(0, 300), {
      field: "schema",
      metadata: { field: "schema" },
    });
  }
}

// One per kind: an instance keeps every schema that it ever compiled.
function ajv(): Ajv2020 {
  const created = new Ajv2020({
    strict: true,
    strictRequired: false,
    allErrors: false,
    // ajv calls it as `new RegExp(…)` would be, once per pattern.
    code: { regExp: Object.assign(linearPattern, { code: "linearPattern" }) },
    logger: false,
  });
  created.addKeyword({ keyword: "x-personal", schemaType: "boolean" });
  ajvFormats.default(created, { mode: "fast", formats: [...allowedFormats] });
  return created;
}

// ajv tells patterns apart by their text, so the text must come with it.
function linearPattern(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.test(text), toString: () => pattern };
}

function mistakeOf(error: ErrorObject | undefined): AttributeMistake {
  if (!error) return { field: "attributes", message: "The attributes break the kind's schema." };
  const field = `attributes${pathOf(error.instancePath)}`;
  if (error.keyword === "required") {
    return { field: `${field}.${error.params.missingProperty}`, message: "This attribute is required." };
  }
  if (error.keyword === "additionalProperties") {
    const name = String(error.params.additionalProperty).slice(0, 64);
    return { field: `${field}.${name}`, message: "The kind declares no such attribute." };
  }
  const allowed =
    error.keyword === "enum" ? `: ${JSON.stringify(error.params.allowedValues).slice(0, 300)}` : "";
  return { field, message: `The value ${error.message ?? "is not allowed"}${allowed}.` };
}

function pathOf(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join("");
}
