import { RE2JS } from "@bufbuild/re2";
import { attributeTypes } from "@marketmesh/rules";
import { asObject, type Json, type JsonObject } from "./json.ts";
import { type Problem, refused } from "./problem.ts";

const schemaBytesMax = 65_536;
const depthMax = 12;
const propertiesMax = 500;
const patternLengthMax = 1_000;

/** Formats whose checks take time linear in the text. */
export const allowedFormats = [
  "date-time",
  "date",
  "time",
  "email",
  "uri",
  "uuid",
  "hostname",
  "ipv4",
  "ipv6",
] as const;

// A kind's schema stands alone and names every attribute: no references to follow or fetch, no attributes by pattern.
const refusedKeywords = new Set([
  ...[
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$defs",
    "definitions",
    "$vocabulary",
  ],
  ...["patternProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "default"],
]);

type SchemaProblem = { readonly ok: false; readonly problem: Problem<"SCHEMA_INVALID"> };

/**
 * Refuses schemas that are too big, too deep, not self-contained or not about flat attributes, before any of it is
 * compiled. What is left to the validator are the rules of each keyword.
 */
export function vetSchema(schema: JsonObject): SchemaProblem | undefined {
  if (Buffer.byteLength(JSON.stringify(schema)) > schemaBytesMax) {
    return invalid("", `A schema has at most ${schemaBytesMax} bytes as JSON.`);
  }
  return vetRoot(schema) ?? vetTypes(schema) ?? vetNode(schema, "", 0);
}

function vetRoot(schema: JsonObject): SchemaProblem | undefined {
  const properties = asObject(schema.properties) ?? {};
  const names = Object.keys(properties);
  if (names.length > propertiesMax)
    return invalid("properties", `A kind has at most ${propertiesMax} attributes.`);
  if (Object.hasOwn(properties, "__proto__"))
    return invalid("properties", "__proto__ is no name of an attribute.");
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
    return invalid(
      "additionalProperties",
      "Attributes that are not declared are refused, so it is false or absent.",
    );
  }
  const required = Array.isArray(schema.required) ? schema.required : [];
  const unknown = required.find((name) => typeof name !== "string" || !Object.hasOwn(properties, name));
  return unknown === undefined ? undefined : invalid("required", "Only declared attributes can be required.");
}

function vetTypes(schema: JsonObject): SchemaProblem | undefined {
  const types = attributeTypes(schema);
  if (types.ok) return undefined;
  const [first] = types.problems;
  return invalid(first?.path ?? "", first?.message ?? "The schema declares no attributes.");
}

function vetNode(node: Json, path: string, depth: number): SchemaProblem | undefined {
  const schema = asObject(node);
  if (schema === undefined) return undefined;
  if (depth > depthMax) return invalid(path, `A schema is at most ${depthMax} levels deep.`);
  for (const [keyword, value] of Object.entries(schema)) {
    const at = join(path, keyword);
    const problem = vetKeyword(keyword, value, at, path) ?? vetChildren(keyword, value, at, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

function vetKeyword(keyword: string, value: Json, at: string, parent: string): SchemaProblem | undefined {
  if (refusedKeywords.has(keyword)) return invalid(at, `${keyword} has no place in the schema of a kind.`);
  if (keyword === "pattern") return vetPattern(value, at);
  if (keyword === "format" && !allowedFormats.some((format) => format === value)) {
    return invalid(at, `A format is one of ${allowedFormats.join(", ")}.`);
  }
  if (keyword === "x-personal" && !/^properties\.[^.]+$/.test(parent)) {
    return invalid(at, "Only a whole attribute is personal.");
  }
  return undefined;
}

/** Patterns run in RE2: their time is linear in the text, so no listing can stall the service. What it can't do is refused. */
function vetPattern(pattern: Json, at: string): SchemaProblem | undefined {
  if (typeof pattern !== "string" || pattern.length > patternLengthMax) {
    return invalid(at, `A pattern is text of at most ${patternLengthMax} characters.`);
  }
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch {
    return invalid(at, "A pattern follows RE2: no look-around, no back-references.");
  }
}

const schemasByName = new Set(["properties", "dependentSchemas"]);
const schemaLists = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const schemas = new Set(["items", "contains", "not", "if", "then", "else", "additionalProperties"]);

function vetChildren(keyword: string, value: Json, at: string, depth: number): SchemaProblem | undefined {
  if (schemas.has(keyword)) return vetNode(value, at, depth);
  const inner = schemasByName.has(keyword) ? asObject(value) : undefined;
  const children: [string, Json][] = inner ? Object.entries(inner) : [];
  if (schemaLists.has(keyword) && Array.isArray(value))
    children.push(...value.map((item, i): [string, Json] => [`${i}`, item]));
  for (const [name, child] of children) {
    const problem = vetNode(child, `${at}.${name}`, depth);
    if (problem) return problem;
  }
  return undefined;
}

function invalid(path: string, message: string): SchemaProblem {
  const field = join("schema", path);
  return refused("SCHEMA_INVALID", message, { field, metadata: { field } });
}

function join(path: string, name: string): string {
  return path === "" ? name : name === "" ? path : `${path}.${name}`;
}
