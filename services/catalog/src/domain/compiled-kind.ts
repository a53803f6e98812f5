import {
  attributeTypes,
  type CompiledExpression,
  compileExpression,
  normaliseAttributes,
  type SideTypes,
  type Value,
} from "@marketmesh/rules";
import type { JsonObject } from "./json.ts";
import type { DerivedAttribute, KindContent } from "./kind.ts";
import { ok, type Problem, type Result, refused } from "./problem.ts";
import { reveals } from "./reveals.ts";
import { type AttributeMistake, compileSchema, type Validate } from "./validator.ts";

/** Larger attributes are refused: bytes as JSON. */
export const attributesBytesMax = 65_536;

/** Attributes that passed, taken apart by who may see them. */
export interface CheckedAttributes {
  /** JSON text with sorted keys: everything but the personal ones, derived ones included. */
  readonly openJson: string;
  /** The personal ones; undefined when there are none. */
  readonly personal: JsonObject | undefined;
  /** Group name to value. */
  readonly groups: Readonly<Record<string, string>>;
}

export type AttributeProblem = Problem<"ATTRIBUTE_INVALID" | "ATTRIBUTES_TOO_LARGE">;

/** A kind ready to check listings by. */
export interface CompiledKind {
  readonly content: KindContent;
  readonly version: bigint;
  /** Names of personal attributes. */
  readonly personal: ReadonlySet<string>;
  /** The type of each derived attribute. */
  readonly derivedTypes: ReadonlyMap<string, string>;
  check(attributes: JsonObject): Result<CheckedAttributes, AttributeProblem["reason"]>;
}

type KindProblem = "SCHEMA_INVALID" | "EXPRESSION_INVALID" | "GROUP_INVALID";

interface Derived {
  readonly attribute: string;
  readonly expression: CompiledExpression;
}

const derivedResults = ["string", "number", "boolean", "list<string>"] as const;

/** Compiles a kind: schema, derived attributes, groups. The first mistake is the problem. */
export function compileKind(content: KindContent, version: bigint): Result<CompiledKind, KindProblem> {
  const schema = compileSchema(content.schema);
  if (!schema.ok) return schema;
  const declared = attributeTypes(content.schema);
  // vetSchema has refused everything that attributeTypes does not take.
  const types: SideTypes = declared.ok ? declared.types : new Map();
  const derived = compileDerived(content.derivedAttributes, types);
  if (!derived.ok) return derived;
  const groupProblem = checkGroups(content, types, derived.value);
  if (groupProblem) return { ok: false, problem: groupProblem };
  const personal = personalIn(types);
  return ok({
    content,
    version,
    personal,
    derivedTypes: new Map(derived.value.map(({ attribute, expression }) => [attribute, expression.type])),
    check: checkerOf(content, { validate: schema.value, types, personal, derived: derived.value }),
  });
}

/** Why a derived attribute may not become what it would become; undefined when it may. */
export function derivedTypeChange(
  from: CompiledKind,
  to: CompiledKind,
): Problem<"KIND_CHANGE_INCOMPATIBLE"> | undefined {
  for (const [attribute, type] of from.derivedTypes) {
    const after = to.derivedTypes.get(attribute);
    if (after === undefined || after === type) continue;
    const field = "derived_attributes";
    const message = `${attribute} was a ${type}; its expression must still give one, not a ${after}.`;
    return refused("KIND_CHANGE_INCOMPATIBLE", message, { field, metadata: { field } }).problem;
  }
  return undefined;
}

function compileDerived(
  given: readonly DerivedAttribute[],
  types: SideTypes,
): Result<readonly Derived[], "EXPRESSION_INVALID"> {
  const compiled: Derived[] = [];
  const personal = personalIn(types);
  for (const [at, { attribute, expression }] of given.entries()) {
    const field = `derived_attributes[${at}]`;
    if (types.has(attribute) || compiled.some((other) => other.attribute === attribute)) {
      const message = `${attribute} is an attribute already.`;
      return refused("EXPRESSION_INVALID", message, {
        field: `${field}.attribute`,
        metadata: { field, code: "NAME_TAKEN" },
      });
    }
    const result = compileExpression({
      source: expression,
      variables: { listing: { attributes: types, personal: "allowed" } },
      result: derivedResults,
    });
    if (!result.ok) {
      const [mistake] = result.mistakes;
      const place = `${field}.expression`;
      const metadata = {
        field: place,
        code: `${mistake?.code}`,
        line: `${mistake?.line}`,
        column: `${mistake?.column}`,
      };
      const message = `${mistake?.message} (line ${mistake?.line}, column ${mistake?.column})`;
      return refused("EXPRESSION_INVALID", message, { field: place, metadata });
    }
    if (reveals(result.compiled.expression, personal)) return revealing(`${field}.expression`);
    compiled.push({ attribute, expression: result.compiled });
  }
  return ok(compiled);
}

/** A derived attribute is indexed, announced and exported, and it survives an erasure: it must hold nothing personal. */
function revealing(field: string) {
  const message =
    "The value would be made of personal data: compare it, or use has, size or in, to derive a coarse fact.";
  return refused("EXPRESSION_INVALID", message, {
    field,
    metadata: { field, code: "PERSONAL_ATTRIBUTE_IN_RULE" },
  });
}

function personalIn(types: SideTypes): ReadonlySet<string> {
  return new Set([...types].filter(([, type]) => type.personal).map(([name]) => name));
}

function checkGroups(
  { groups }: KindContent,
  types: SideTypes,
  derived: readonly Derived[],
): Problem<"GROUP_INVALID"> | undefined {
  const invalid = (field: string, message: string) =>
    refused("GROUP_INVALID", message, { field, metadata: { field } }).problem;
  const seen = new Set<string>();
  for (const [at, { group, attribute }] of groups.entries()) {
    if (seen.has(group)) return invalid(`groups[${at}].group`, `The group ${group} is there twice.`);
    seen.add(group);
    const declared = types.get(attribute);
    const type = declared?.type ?? derived.find((other) => other.attribute === attribute)?.expression.type;
    if (type !== "string") return invalid(`groups[${at}].attribute`, `${attribute} is no string attribute.`);
    if (declared?.personal)
      return invalid(`groups[${at}].attribute`, `${attribute} is personal: groups are announced.`);
  }
  return undefined;
}

interface Parts {
  readonly validate: Validate;
  readonly types: SideTypes;
  readonly personal: ReadonlySet<string>;
  readonly derived: readonly Derived[];
}

function checkerOf(content: KindContent, parts: Parts): CompiledKind["check"] {
  const open = [...parts.types.keys()].filter((name) => !parts.personal.has(name));
  const names = [...open, ...parts.derived.map(({ attribute }) => attribute)].sort();
  // The schema can't tell the 31st of April from a time, so times are read once to be sure.
  const normalises =
    parts.derived.length > 0 || [...parts.types.values()].some(({ type }) => type === "timestamp");
  return (attributes) => {
    const tooLarge = sizeProblem(attributes);
    if (tooLarge) return { ok: false, problem: tooLarge };
    const mistake = parts.validate(attributes);
    if (mistake) return attributeInvalid(mistake);
    const derived = normalises ? derive(parts, attributes) : ok({});
    if (!derived.ok) return derived;
    return ok(takeApart(content, parts.personal, names, attributes, derived.value));
  };
}

function takeApart(
  content: KindContent,
  personalNames: ReadonlySet<string>,
  names: readonly string[],
  given: JsonObject,
  derived: Readonly<Record<string, Value>>,
): CheckedAttributes {
  const open: Record<string, unknown> = {};
  for (const name of names) {
    const value = Object.hasOwn(derived, name) ? derived[name] : given[name];
    if (value !== undefined) open[name] = value;
  }
  const groups: Record<string, string> = {};
  for (const { group, attribute } of content.groups) {
    const value = open[attribute];
    if (typeof value === "string" && value !== "") groups[group] = value;
  }
  const personal = [...personalNames].filter((name) => Object.hasOwn(given, name)).sort();
  return {
    openJson: JSON.stringify(open),
    personal:
      personal.length === 0
        ? undefined
        : Object.fromEntries(personal.map((name) => [name, given[name] as never])),
    groups,
  };
}

function derive(
  { types, derived }: Parts,
  attributes: JsonObject,
): Result<Record<string, Value>, "ATTRIBUTE_INVALID"> {
  const { attributes: listing, problems } = normaliseAttributes(types, attributes);
  const [first] = problems;
  if (first) return attributeInvalid({ field: `attributes.${first.path}`, message: first.message });
  const values: Record<string, Value> = {};
  for (const { attribute, expression } of derived) {
    const value = expression.evaluate({ listing });
    if (value !== undefined && (typeof value !== "number" || Number.isFinite(value)))
      values[attribute] = value;
  }
  return ok(values);
}

function sizeProblem(attributes: JsonObject): AttributeProblem | undefined {
  const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");
  if (sizeOf(attributes) <= attributesBytesMax) return undefined;
  let largest = { name: "", bytes: -1 };
  for (const [name, value] of Object.entries(attributes)) {
    const bytes = sizeOf(value);
    if (bytes > largest.bytes) largest = { name, bytes };
  }
  const field = `attributes.${largest.name.slice(0, 64)}`;
  const metadata = { field, limitBytes: String(attributesBytesMax) };
  return refused(
    "ATTRIBUTES_TOO_LARGE",
    `All attributes together have at most ${attributesBytesMax} bytes as JSON.`,
    {
      field,
      metadata,
    },
  ).problem;
}

function attributeInvalid({ field, message }: AttributeMistake) {
  return refused("ATTRIBUTE_INVALID", message, { field, metadata: { field } });
}
