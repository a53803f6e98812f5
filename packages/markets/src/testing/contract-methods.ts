import type { DescMessage } from "@bufbuild/protobuf";
import { registry } from "@marketmesh/contracts/registry";
import type { CallableMethod } from "@marketmesh/workflow-engine";

/** A method of our contracts, with the names of its fields, as a definition may call it. */
export function contractMethod(method: string): CallableMethod | undefined {
  const [service = "", name = ""] = method.split("/");
  const found = registry.getService(service)?.methods.find((one) => one.name === name);
  if (found === undefined || found.methodKind !== "unary") return undefined;
  return { method, check: (request) => unknownFields(found.input, request, "") };
}

function unknownFields(
  message: DescMessage,
  value: unknown,
  path: string,
): { path: string; message: string }[] {
  if (typeof value !== "object" || value === null || message.typeName.startsWith("google.protobuf."))
    return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const field = message.fields.find(({ jsonName }) => jsonName === key);
    const at = `${path}/${key}`;
    if (field === undefined) return [{ path: at, message: `${message.typeName} has no field ${key}.` }];
    return field.fieldKind === "message" ? unknownFields(field.message, inner, at) : [];
  });
}
