import { asObject, type Json, type JsonObject } from "./json.ts";
import { canonical, type KindContent } from "./kind.ts";
import { type Problem, refused } from "./problem.ts";

type Incompatible = Problem<"KIND_CHANGE_INCOMPATIBLE">;

/**
 * Why a kind may not change from one content to another: some listing that is valid now could fail, or what others built
 * on the kind (rules, indexes, capacity) would change its meaning. Undefined when it may.
 *
 * Allowed: new optional attributes, attributes no longer required, wider bounds and enums, fewer constraints, new derived
 * attributes and groups, another expression (it takes effect at each listing's next write). Keywords that are not
 * understood here must stay as they are.
 */
export function incompatibility(from: KindContent, to: KindContent): Incompatible | undefined {
  if (from.side !== to.side) return incompatible("side", "The side of a kind never changes.");
  return schemaChange(from.schema, to.schema) ?? derivedChange(from, to) ?? groupChange(from, to);
}

const annotations = new Set(["title", "description", "$comment", "examples", "deprecated", "$schema"]);

function schemaChange(from: JsonObject, to: JsonObject): Incompatible | undefined {
  return (
    propertiesChange(asObject(from.properties) ?? {}, asObject(to.properties) ?? {}) ??
    requiredChange(from, to) ??
    otherKeywords(from, to, new Set(["properties", "required", "additionalProperties"]), "schema")
  );
}

function propertiesChange(from: JsonObject, to: JsonObject): Incompatible | undefined {
  for (const name of Object.keys(from)) {
    const path = `schema.properties.${name}`;
    const after = Object.hasOwn(to, name) ? asObject(to[name]) : undefined;
    if (after === undefined) return incompatible(path, "An attribute stays: listings hold it.");
    const before = asObject(from[name]) ?? {};
    if ((before["x-personal"] === true) !== (after["x-personal"] === true)) {
      return incompatible(
        `${path}.x-personal`,
        "What is personal stays personal, what was announced can't become it.",
      );
    }
    const problem = narrowing(before, after, path);
    if (problem) return problem;
  }
  return undefined;
}

function requiredChange(from: JsonObject, to: JsonObject): Incompatible | undefined {
  const before = new Set(textsOf(from.required));
  const added = textsOf(to.required).find((name) => !before.has(name));
  return added === undefined
    ? undefined
    : incompatible("schema.required", `${added} is not given by every listing.`);
}

/** Why a value that the one schema allows could fail the other; for scalars and lists of scalars. */
function narrowing(from: JsonObject, to: JsonObject, path: string): Incompatible | undefined {
  if (from.type !== to.type && !(from.type === "integer" && to.type === "number")) {
    return incompatible(
      `${path}.type`,
      "The type of an attribute never changes, except from integer to number.",
    );
  }
  if (isTime(from) !== isTime(to))
    return incompatible(`${path}.format`, "A text can't become a time, nor back.");
  for (const check of checks) {
    const keyword = check(from, to);
    if (keyword !== undefined) return incompatible(`${path}.${keyword}`, "This allows less than before.");
  }
  const items =
    from.items === undefined
      ? undefined
      : narrowing(asObject(from.items) ?? {}, asObject(to.items) ?? {}, `${path}.items`);
  return items ?? otherKeywords(from, to, understood, path);
}

const understood = new Set([
  ...[
    "type",
    "format",
    "pattern",
    "enum",
    "const",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
  ],
  ...["multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "items", "x-personal"],
]);

type Check = (from: JsonObject, to: JsonObject) => string | undefined;

const checks: readonly Check[] = [
  (from, to) => (narrowsChoice(from, to) ? (to.enum === undefined ? "const" : "enum") : undefined),
  ...["pattern", "format"].map(
    (keyword): Check =>
      (from, to) =>
        to[keyword] !== undefined && to[keyword] !== from[keyword] ? keyword : undefined,
  ),
  ...["minLength", "minItems"].map(
    (keyword): Check =>
      (from, to) =>
        numberOf(to[keyword], 0) > numberOf(from[keyword], 0) ? keyword : undefined,
  ),
  ...["maxLength", "maxItems"].map(
    (keyword): Check =>
      (from, to) =>
        numberOf(to[keyword], Infinity) < numberOf(from[keyword], Infinity) ? keyword : undefined,
  ),
  (from, to) => boundChange(lowerBound(from), lowerBound(to)),
  (from, to) => boundChange(upperBound(from), upperBound(to)),
  (from, to) => (narrowsMultiple(from.multipleOf, to.multipleOf) ? "multipleOf" : undefined),
  (from, to) => (to.uniqueItems === true && from.uniqueItems !== true ? "uniqueItems" : undefined),
];

function isTime(schema: JsonObject): boolean {
  return schema.type === "string" && (schema.format === "date-time" || schema.format === "date");
}

function narrowsChoice(from: JsonObject, to: JsonObject): boolean {
  const after = choiceOf(to);
  if (after === undefined) return false;
  const before = choiceOf(from);
  const allowed = new Set(after.map(canonical));
  return before === undefined || before.some((value) => !allowed.has(canonical(value)));
}

function choiceOf(schema: JsonObject): readonly Json[] | undefined {
  if (schema.const !== undefined) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

/** The end of a range. Both are turned so that a greater value allows less. */
interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
  readonly keyword: string;
}

function lowerBound(schema: JsonObject): Bound {
  return tighter(
    { value: numberOf(schema.minimum, -Infinity), exclusive: false, keyword: "minimum" },
    { value: numberOf(schema.exclusiveMinimum, -Infinity), exclusive: true, keyword: "exclusiveMinimum" },
  );
}

function upperBound(schema: JsonObject): Bound {
  return tighter(
    { value: -numberOf(schema.maximum, Infinity), exclusive: false, keyword: "maximum" },
    { value: -numberOf(schema.exclusiveMaximum, Infinity), exclusive: true, keyword: "exclusiveMaximum" },
  );
}

function tighter(inclusive: Bound, exclusive: Bound): Bound {
  if (exclusive.value === -Infinity) return inclusive;
  return exclusive.value >= inclusive.value ? exclusive : inclusive;
}

function boundChange(from: Bound, to: Bound): string | undefined {
  const narrows = to.value > from.value || (to.value === from.value && to.exclusive && !from.exclusive);
  return narrows ? to.keyword : undefined;
}

function narrowsMultiple(from: Json | undefined, to: Json | undefined): boolean {
  if (to === undefined || to === from) return false;
  return !(Number.isInteger(from) && Number.isInteger(to) && (from as number) % (to as number) === 0);
}

function otherKeywords(
  from: JsonObject,
  to: JsonObject,
  known: ReadonlySet<string>,
  path: string,
): Incompatible | undefined {
  for (const keyword of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (known.has(keyword) || annotations.has(keyword)) continue;
    if (canonical(from[keyword]) !== canonical(to[keyword])) {
      return incompatible(
        `${path}.${keyword}`,
        "Whether this allows less can't be told, so it stays as it is.",
      );
    }
  }
  return undefined;
}

function derivedChange(from: KindContent, to: KindContent): Incompatible | undefined {
  const after = new Set(to.derivedAttributes.map(({ attribute }) => attribute));
  const gone = from.derivedAttributes.find(({ attribute }) => !after.has(attribute));
  return gone && incompatible("derived_attributes", `${gone.attribute} stays: rules may name it.`);
}

function groupChange(from: KindContent, to: KindContent): Incompatible | undefined {
  const after = new Map(to.groups.map(({ group, attribute }) => [group, attribute]));
  const changed = from.groups.find(({ group, attribute }) => after.get(group) !== attribute);
  return changed && incompatible("groups", `${changed.group} stays as it is: capacity is counted by it.`);
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function numberOf(value: Json | undefined, absent: number): number {
  return typeof value === "number" ? value : absent;
}

function incompatible(field: string, message: string): Incompatible {
  return refused("KIND_CHANGE_INCOMPATIBLE", `${field}: ${message}`, { field, metadata: { field } }).problem;
}
