import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { registry } from "@marketmesh/contracts/registry";

/** How a request is filled: with the marker wherever text goes, or with names that exist where names go. */
export type Filling = "everywhere" | "placed";

const depthMax = 5;

/** A request whose strings, structs and bytes all carry the marker. `turn` picks the member of each oneof. */
export function markedRequest(
  input: DescMessage,
  options: {
    readonly marker: string;
    readonly market: string;
    readonly noun: string;
    readonly filling: Filling;
    readonly turn: number;
  },
): Message | undefined {
  const { marker, market, noun, filling, turn } = options;

  function textOf({ name }: DescField): string {
    if (filling === "everywhere") return marker;
    if (name === "request_id") return "";
    if (name === "parent" || name === "market") return `markets/${market}`;
    if (name === "name") return `markets/${market}/${noun}/some-id`;
    if (name.endsWith("_id")) return "some-id";
    return marker;
  }

  function messageOf(desc: DescMessage, depth: number): JsonValue {
    switch (desc.typeName) {
      case "google.protobuf.Struct":
        return structOf(marker);
      case "google.protobuf.Value":
      case "google.protobuf.StringValue":
        return marker;
      case "google.protobuf.Timestamp":
        return "2030-01-01T00:00:00Z";
      case "google.protobuf.Duration":
        return "60s";
      case "google.protobuf.FieldMask":
        return "";
      case "google.protobuf.Any":
        return {};
      default:
        return fieldsOf(desc, depth);
    }
  }

  function fieldsOf(desc: DescMessage, depth: number): JsonObject {
    const json: JsonObject = {};
    if (depth >= depthMax) return json;
    const chosen = new Set(desc.oneofs.map(({ fields }) => fields[turn % fields.length]));
    for (const field of desc.fields) {
      if (field.oneof && !chosen.has(field)) continue;
      const value = jsonOf(field, depth);
      if (value !== undefined) json[field.jsonName] = value;
    }
    return json;
  }

  function jsonOf(field: DescField, depth: number): JsonValue | undefined {
    switch (field.fieldKind) {
      case "scalar":
        return scalarOf(field, field.scalar === 9, field.scalar === 12, field.scalar === 8);
      case "enum":
        return field.enum.values[1]?.name ?? field.enum.values[0]!.name;
      case "message":
        return messageOf(field.message, depth + 1);
      case "list":
        if (field.listKind === "message") return [messageOf(field.message, depth + 1)];
        if (field.listKind === "enum") return [field.enum.values[1]!.name];
        return [scalarOf(field, field.scalar === 9, field.scalar === 12, field.scalar === 8)];
      case "map": {
        const value = field.mapKind === "message" ? messageOf(field.message, depth + 1) : marker;
        return field.mapKind === "scalar" && field.scalar !== 9 ? undefined : { [marker]: value };
      }
    }
  }

  function scalarOf(field: DescField, isText: boolean, isBytes: boolean, isFlag: boolean): JsonValue {
    if (isText) return textOf(field);
    if (isBytes) return Buffer.from(marker).toString("base64");
    return isFlag ? true : 1;
  }

  try {
    return fromJson(input, fieldsOf(input, 0), { registry, ignoreUnknownFields: true });
  } catch {
    // A message with rules of its own about its JSON, such as a field mask, cannot say the marker.
    return undefined;
  }
}

function structOf(marker: string): JsonObject {
  return { full_name: marker, password: marker, nested: { api_key: marker, list: [marker] } };
}

/** How many requests of a method it takes to have used each member of each oneof. */
export function turnsOf(input: DescMessage): number {
  return Math.max(1, ...input.oneofs.map(({ fields }) => fields.length));
}

/** `listings` of `GetListing`: a guess, good for most methods, where the resource stands in a name. */
export function nounOf(method: string): string {
  const word = method.replace(/^[A-Z][a-z]+/, "").replace(/s$/, "");
  const plural = word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`;
  return plural.charAt(0).toLowerCase() + plural.slice(1);
}
