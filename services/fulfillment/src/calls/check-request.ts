import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** What is wrong with a part of a request, by its JSON pointer. */
export interface RequestProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * Checks the literal parts of a request against its message: fields that are not there, values of another kind. Expressions
 * stand as undefined, and are left to the call.
 */
export function checkRequest(message: DescMessage, request: unknown, path = ""): RequestProblem[] {
  if (request === undefined) return [];
  // Well-known types have a JSON of their own.
  if (message.typeName.startsWith("google.protobuf.")) return checkWellKnown(message, request, path);
  if (!isObject(request)) return [{ path, message: `must be an object (${message.typeName})` }];
  return Object.entries(request).flatMap(([name, value]) => {
    const at = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const field = message.fields.find((one) => one.jsonName === name || one.name === name);
    if (!field) return [{ path: at, message: `${message.typeName} has no field ${name}` }];
    return checkField(field, value, at);
  });
}

function checkField(field: DescField, value: unknown, path: string): RequestProblem[] {
  if (value === undefined || value === null) return [];
  switch (field.fieldKind) {
    case "message":
      return checkRequest(field.message, value, path);
    case "enum":
      return checkEnum(field.enum, value, path);
    case "scalar":
      return checkScalar(field.scalar, value, path);
    case "list":
      if (!Array.isArray(value)) return [{ path, message: "must be a list" }];
      return value.flatMap((item, at) => checkItem(field, item, `${path}/${at}`));
    case "map":
      if (!isObject(value)) return [{ path, message: "must be an object" }];
      return Object.entries(value).flatMap(([key, item]) => checkItem(field, item, `${path}/${key}`));
  }
}

function checkItem(
  field: Extract<DescField, { fieldKind: "list" | "map" }>,
  item: unknown,
  path: string,
): RequestProblem[] {
  if (item === undefined) return [];
  if (field.message) return checkRequest(field.message, item, path);
  if (field.enum) return checkEnum(field.enum, item, path);
  return field.scalar === undefined ? [] : checkScalar(field.scalar, item, path);
}

function checkEnum(desc: DescEnum, value: unknown, path: string): RequestProblem[] {
  if (Number.isInteger(value) || desc.values.some(({ name }) => name === value)) return [];
  const names = desc.values.map(({ name }) => name).join(", ");
  return [{ path, message: `must be one of ${names}` }];
}

const textual: ReadonlySet<ScalarType> = new Set([ScalarType.STRING, ScalarType.BYTES]);

function checkScalar(scalar: ScalarType, value: unknown, path: string): RequestProblem[] {
  if (scalar === ScalarType.BOOL)
    return typeof value === "boolean" ? [] : [{ path, message: "must be true or false" }];
  if (textual.has(scalar)) return typeof value === "string" ? [] : [{ path, message: "must be a text" }];
  const isNumber =
    typeof value === "number" ||
    (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)));
  return isNumber ? [] : [{ path, message: "must be a number" }];
}

const textsOfWellKnown = new Set([
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "google.protobuf.FieldMask",
]);

function checkWellKnown(message: DescMessage, value: unknown, path: string): RequestProblem[] {
  if (textsOfWellKnown.has(message.typeName) && typeof value !== "string")
    return [{ path, message: "must be a text" }];
  if (message.typeName === "google.protobuf.Struct" && !isObject(value))
    return [{ path, message: "must be an object" }];
  return [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
