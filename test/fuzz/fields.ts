import { type DescField, type DescMessage, getOption, type Message } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import {
  type FieldRules,
  field as rulesOption,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { FieldBehavior, field_behavior } from "@marketmesh/contracts/google/api";

/** A message as an object whose fields can be named at run time. */
export type Loose = Record<string, unknown> & Message;

/** Reads a field, whether or not it stands in a oneof. Undefined when it is not set. */
export function fieldValue(message: Message, field: DescField): unknown {
  const loose = message as Loose;
  if (!field.oneof) return loose[field.localName];
  const group = loose[field.oneof.localName] as { case?: string; value?: unknown } | undefined;
  return group?.case === field.localName ? group.value : undefined;
}

/** Sets a field; undefined clears it. */
export function setValue(message: Message, field: DescField, value: unknown): void {
  const loose = message as Loose;
  if (field.oneof) {
    loose[field.oneof.localName] =
      value === undefined ? { case: undefined } : { case: field.localName, value };
    return;
  }
  if (value === undefined && field.fieldKind === "list") loose[field.localName] = [];
  else if (value === undefined && field.fieldKind === "map") loose[field.localName] = {};
  else if (value === undefined && field.fieldKind === "enum") loose[field.localName] = 0;
  else if (value === undefined && field.fieldKind === "scalar") clearScalar(loose, field);
  else loose[field.localName] = value;
}

/** A value of the field's scalar type. */
export function scalarSample(field: DescField): string | boolean | number | bigint | Uint8Array {
  const type = "scalar" in field ? field.scalar : undefined;
  if (type === 9) return "";
  if (type === 8) return false;
  if (type === 12) return new Uint8Array();
  return type !== undefined && [3, 4, 6, 16, 18].includes(type) ? 0n : 0;
}

// Only a field with presence may be absent; any other has its zero.
function clearScalar(loose: Loose, field: DescField & { fieldKind: "scalar" }): void {
  if (field.presence === FeatureSet_FieldPresence.IMPLICIT) loose[field.localName] = scalarSample(field);
  else delete loose[field.localName];
}

// Reading an option parses it anew each time.
const rules = new Map<DescField, FieldRules>();
const behaviors = new Map<DescField, readonly FieldBehavior[]>();

export function rulesOf(field: DescField): FieldRules {
  const known = rules.get(field) ?? getOption(field, rulesOption);
  rules.set(field, known);
  return known;
}

function behavesAs(field: DescField, behavior: FieldBehavior): boolean {
  const known = behaviors.get(field) ?? getOption(field, field_behavior);
  behaviors.set(field, known);
  return known.includes(behavior);
}

export const isOutput = (field: DescField) => behavesAs(field, FieldBehavior.OUTPUT_ONLY);

/** Whether a message without this field is refused, by its rules or by its meaning. */
export function isRequired(field: DescField): boolean {
  return behavesAs(field, FieldBehavior.REQUIRED) || rulesOf(field).required;
}

/** JSON in a message: protobuf-es keeps these as plain objects. */
export function isJsonObject(desc: DescMessage): boolean {
  return desc.typeName === "google.protobuf.Struct";
}

/** Calls `visit` for each message within a message, itself first; bounded in depth. */
export function visitMessages(
  desc: DescMessage,
  message: Message,
  visit: (desc: DescMessage, message: Message, path: string) => void,
  path = "",
  depth = 8,
): void {
  visit(desc, message, path);
  if (depth === 0) return;
  for (const field of desc.fields) {
    if (!field.message || isJsonObject(field.message)) continue;
    const value = fieldValue(message, field);
    for (const [key, item] of itemsOf(field, value)) {
      if (isMessage(item))
        visitMessages(field.message, item, visit, `${path}${field.name}${key}.`, depth - 1);
    }
  }
}

function itemsOf(field: DescField, value: unknown): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (field.fieldKind === "list") return (value as unknown[]).map((item, at) => [`[${at}]`, item]);
  if (field.fieldKind === "map") return Object.entries(value).map(([key, item]) => [`[${key}]`, item]);
  return [["", value]];
}

export function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "$typeName" in value;
}
