import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type Attributes,
  type AttributeType,
  normaliseAttributes,
  type SideTypes,
  type Value,
} from "@marketmesh/rules";

/** One attribute that does not fit its kind. */
export interface AttributeMistake {
  /** The attribute's name; empty for the whole. */
  readonly attribute: string;
  /** What is wrong and what is allowed. */
  readonly message: string;
}

/** What rules read of a listing as the catalog tells it; values that do not fit the types are left out. */
export function attributesOfListing(types: SideTypes, attributes: JsonObject | undefined): Attributes {
  return normaliseAttributes(types, attributes ?? {}).attributes;
}

/**
 * What rules read of attributes that a caller gives instead of a listing. Unlike a listing's they were never checked: an
 * attribute that the kind does not declare, of another type, or personal (which nothing here may read) is a mistake.
 */
export function inlineAttributes(
  types: SideTypes,
  given: JsonObject,
): { readonly attributes: Attributes; readonly mistakes: readonly AttributeMistake[] } {
  const mistakes: AttributeMistake[] = [];
  for (const name of Object.keys(given)) {
    const declared = types.get(name);
    if (declared === undefined)
      mistakes.push({ attribute: name, message: "The kind declares no such attribute." });
    else if (declared.personal)
      mistakes.push({ attribute: name, message: "It is personal: nothing here may read it." });
  }
  const { attributes, problems } = normaliseAttributes(types, given);
  for (const { path, message } of problems) {
    if (!types.get(path)?.personal) mistakes.push({ attribute: path, message });
  }
  return { attributes, mistakes };
}

/** A value as JSON shows it: timestamps as RFC 3339. */
export function plainValue(value: Value, type: AttributeType | undefined): JsonValue {
  if (type === "timestamp") return new Date(value as number).toISOString();
  return (Array.isArray(value) ? [...value] : value) as JsonValue;
}
