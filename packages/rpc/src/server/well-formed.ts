import type { DescField, DescMessage, JsonValue, Message } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import type { FieldViolation } from "../problem.ts";

/** Finds the first field that is not well formed; undefined when all are. */
export type FindIllFormed = (message: Message) => FieldViolation | undefined;

type Find = (value: unknown, path: string) => FieldViolation | undefined;

const finders = new Map<DescMessage, Find>();

/**
 * What no field of any message may hold, whatever its own rules say: text with U+0000 or half of a character, which neither
 * Postgres nor most languages below us keep, times and durations outside the range of their JSON form, in milliseconds as
 * this mesh keeps them, and numbers that JSON has no form for.
 * Undefined for a type that has no such fields.
 */
export function illFormedIn(schema: DescMessage): FindIllFormed | undefined {
  if (!mayBeIllFormed(schema, new Set())) return undefined;
  const find = finderOf(schema);
  return (message) => find(message, "");
}

function finderOf(schema: DescMessage): Find {
  const known = finders.get(schema);
  if (known) return known;
  // Types may contain themselves, so the entry comes before its fields are looked at.
  const parts: { readonly field: DescField; readonly find: Find }[] = [];
  const find: Find = (message, path) => {
    for (const { field, find: findIn } of parts) {
      const value = fieldValue(message as Message, field);
      if (value === undefined) continue;
      const violation = findIn(value, path === "" ? field.name : `${path}.${field.name}`);
      if (violation) return violation;
    }
    return undefined;
  };
  finders.set(schema, wellKnown[schema.typeName] ?? find);
  for (const field of schema.fields) {
    if (fieldMayBe(field, new Set())) parts.push({ field, find: fieldFinder(field) });
  }
  return finders.get(schema) as Find;
}

function fieldFinder(field: DescField): Find {
  const one = field.message ? finderOf(field.message) : inText;
  if (field.fieldKind === "list") {
    return (items, path) => firstOf((items as unknown[]).entries(), (at) => `${path}[${at}]`, one);
  }
  if (field.fieldKind !== "map") return one;
  return (entries, path) =>
    firstOf(Object.entries(entries as object), () => path, inText, "keys") ??
    (field.mapKind === "scalar" && field.scalar !== ScalarType.STRING
      ? undefined
      : firstOf(Object.entries(entries as object), (key) => `${path}[${JSON.stringify(key)}]`, one));
}

function firstOf<K>(
  entries: Iterable<[K, unknown]>,
  pathOf: (key: K) => string,
  find: Find,
  what: "keys" | "values" = "values",
): FieldViolation | undefined {
  for (const [key, value] of entries) {
    const violation = find(what === "keys" ? key : value, pathOf(key));
    if (violation) return violation;
  }
  return undefined;
}

function inText(value: unknown, path: string): FieldViolation | undefined {
  if (typeof value !== "string") return undefined;
  if (value.includes("\u0000")) return { field: path, description: "text may not hold the character U+0000" };
  // JSON can say it in an escape; in binary there is no such text.
  if (!value.isWellFormed())
    return { field: path, description: "text may not hold half of a surrogate pair" };
  return undefined;
}

function inJson(value: unknown, path: string): FieldViolation | undefined {
  if (typeof value === "string") return inText(value, path);
  if (typeof value === "number" && !Number.isFinite(value))
    return { field: path, description: "a number must be finite" };
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return firstOf(value.entries(), (at) => `${path}[${at}]`, inJson);
  for (const [key, item] of Object.entries(value as Record<string, JsonValue>)) {
    const violation = inText(key, path) ?? inJson(item, `${path}[${JSON.stringify(key)}]`);
    if (violation) return violation;
  }
  return undefined;
}

const secondsMin = -62_135_596_800n;
const secondsMax = 253_402_300_799n;
const nanosMax = 999_999_999;
const lastNanosMax = 999_000_000;
const durationSecondsMax = 315_576_000_000n;

function inTimestamp(value: unknown, path: string): FieldViolation | undefined {
  const { seconds, nanos } = value as Timestamp;
  // What is nearer to year 10000 than half a millisecond would be rounded into it.
  const most = seconds === secondsMax ? lastNanosMax : nanosMax;
  if (seconds >= secondsMin && seconds <= secondsMax && nanos >= 0 && nanos <= most) return undefined;
  const description = "must be from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z";
  return { field: path, description };
}

function inDuration(value: unknown, path: string): FieldViolation | undefined {
  const { seconds, nanos } = value as Duration;
  const inRange =
    seconds >= -durationSecondsMax && seconds <= durationSecondsMax && Math.abs(nanos) <= nanosMax;
  const sameSign = seconds === 0n || nanos === 0 || seconds < 0n === nanos < 0;
  if (inRange && sameSign) return undefined;
  return { field: path, description: "must be within 10,000 years, with nanos of the sign of seconds" };
}

const wellKnown: Readonly<Record<string, Find>> = {
  "google.protobuf.Timestamp": inTimestamp,
  "google.protobuf.Duration": inDuration,
  "google.protobuf.Struct": inJson,
};

function mayBeIllFormed(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (schema.typeName in wellKnown) return true;
  if (seen.has(schema)) return false;
  seen.add(schema);
  return schema.fields.some((field) => fieldMayBe(field, seen));
}

function fieldMayBe(field: DescField, seen: Set<DescMessage>): boolean {
  if (field.fieldKind === "map") return true;
  if (field.message) return mayBeIllFormed(field.message, seen);
  return (field.fieldKind === "scalar" || field.fieldKind === "list") && field.scalar === ScalarType.STRING;
}

function fieldValue(message: Message, field: DescField): unknown {
  const loose = message as unknown as Record<string, unknown>;
  if (!field.oneof) return loose[field.localName];
  const group = loose[field.oneof.localName] as { case?: string; value?: unknown };
  return group.case === field.localName ? group.value : undefined;
}
