import { listItemsMax } from "./limits.ts";
import { parseTimestamp } from "./time.ts";
import type { AttributeDeclaration, Attributes, AttributeType, SideTypes, Value } from "./value.ts";

/** What is wrong with a schema or with attributes, and where: a dotted path from their root. */
export interface AttributeProblem {
  readonly path: string;
  readonly message: string;
}

export type AttributeTypes =
  | { readonly ok: true; readonly types: SideTypes }
  | { readonly ok: false; readonly problems: readonly AttributeProblem[] };

export interface NormalisedAttributes {
  /** Declared attributes that are well typed; timestamps as epoch milliseconds. */
  readonly attributes: Attributes;
  /** Declared attributes of another type than declared, by path. They are left out above. */
  readonly problems: readonly AttributeProblem[];
}

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * Reads the attributes that a kind declares from its JSON Schema (2020-12): an object whose properties are
 * strings, numbers, integers, booleans, arrays of strings or numbers; a string with format `date-time` or `date` is a
 * timestamp, and `x-personal: true` marks personal data. Anything else is a problem, named by path.
 */
export function attributeTypes(jsonSchema: unknown): AttributeTypes {
  const schema = asObject(jsonSchema);
  const properties = asObject(schema?.properties);
  if (schema === undefined || schema.type !== "object" || properties === undefined) {
    return {
      ok: false,
      problems: [{ path: "", message: "A kind's schema has type object and properties." }],
    };
  }
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const problems: AttributeProblem[] = [];
  const types = new Map<string, AttributeDeclaration>();
  for (const [name, property] of Object.entries(properties)) {
    const path = `properties.${name}`;
    const type = namePattern.test(name) ? attributeType(property) : `A name matches ${namePattern.source}.`;
    if (typeof type === "string") problems.push({ path, message: type });
    else types.set(name, { type: type.type, required: required.has(name), personal: isPersonal(property) });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, types };
}

function isPersonal(property: unknown): boolean {
  return asObject(property)?.["x-personal"] === true;
}

/** The type wrapped, or a sentence that says why there is none. */
function attributeType(property: unknown): { readonly type: AttributeType } | string {
  const schema = asObject(property);
  switch (schema?.type) {
    case "string":
      return { type: schema.format === "date-time" || schema.format === "date" ? "timestamp" : "string" };
    case "number":
    case "integer":
      return { type: "number" };
    case "boolean":
      return { type: "boolean" };
    case "array":
      return listType(schema.items);
    default:
      return `Type ${JSON.stringify(schema?.type)} cannot be indexed; use string, number, integer, boolean or array.`;
  }
}

function listType(items: unknown): { readonly type: AttributeType } | string {
  const schema = asObject(items);
  if (schema?.type === "string") return { type: "list<string>" };
  if (schema?.type === "number" || schema?.type === "integer") return { type: "list<number>" };
  return `An array's items have type string or number, not ${JSON.stringify(schema?.type)}.`;
}

/** Turns plain JSON into the values that rules read. `null` and undeclared properties are left out. */
export function normaliseAttributes(types: SideTypes, json: unknown): NormalisedAttributes {
  const source = asObject(json);
  if (source === undefined) {
    return { attributes: {}, problems: [{ path: "", message: "Attributes are a JSON object." }] };
  }
  const attributes: Record<string, Value> = Object.create(null);
  const problems: AttributeProblem[] = [];
  for (const [name, { type }] of types) {
    if (!Object.hasOwn(source, name) || source[name] === null || source[name] === undefined) continue;
    const value = normaliseValue(type, source[name]);
    if (value === undefined) problems.push({ path: name, message: expectation(type) });
    else attributes[name] = value;
  }
  return { attributes, problems };
}

function expectation(type: AttributeType): string {
  return type.startsWith("list<")
    ? `Expected ${type} of at most ${listItemsMax} items.`
    : `Expected ${type}.`;
}

function normaliseValue(type: AttributeType, value: unknown): Value | undefined {
  switch (type) {
    case "timestamp":
      return typeof value === "string" ? parseTimestamp(value) : undefined;
    case "list<string>":
      return isList(value) && value.every((item) => typeof item === "string") ? value : undefined;
    case "list<number>":
      return isList(value) && value.every((item) => Number.isFinite(item)) ? value : undefined;
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : undefined;
    default:
      return typeof value === type ? (value as string | boolean) : undefined;
  }
}

function isList(value: unknown): value is string[] & number[] {
  return Array.isArray(value) && value.length <= listItemsMax;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
