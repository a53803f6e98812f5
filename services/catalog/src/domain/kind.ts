import type { Json, JsonObject } from "./json.ts";

export type Side = "SUPPLY" | "DEMAND";

/** An attribute that is computed at each write, in CEL over `listing`. */
export interface DerivedAttribute {
  readonly attribute: string;
  readonly expression: string;
}

/** A group that exclusive capacity can be counted by: the value of a string attribute. */
export interface Group {
  readonly group: string;
  readonly attribute: string;
}

/** What of a kind a caller decides. */
export interface KindContent {
  readonly side: Side;
  /** A JSON Schema (2020-12) of type object; its properties are the attributes. */
  readonly schema: JsonObject;
  readonly derivedAttributes: readonly DerivedAttribute[];
  readonly groups: readonly Group[];
}

/** A type of listing in one market. */
export interface Kind extends KindContent {
  readonly market: string;
  readonly id: string;
  /** From 1, raised by each change. */
  readonly version: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** Whether two contents say the same; the order of object keys does not count. */
export function sameContent(one: KindContent, other: KindContent): boolean {
  return canonical(contentOf(one)) === canonical(contentOf(other));
}

function contentOf({ side, schema, derivedAttributes, groups }: KindContent): Json {
  return {
    side,
    schema,
    derivedAttributes: derivedAttributes.map(({ attribute, expression }) => ({ attribute, expression })),
    groups: groups.map(({ group, attribute }) => ({ group, attribute })),
  };
}

/** JSON text with sorted keys. */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const object = value as JsonObject;
  const entries = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`);
  return `{${entries.join(",")}}`;
}
