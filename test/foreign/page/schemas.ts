import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Definitions that were read from the server at run time. */
export interface Schemas {
  readonly registry: FileRegistry;
  method(service: string, name: string): DescMethod;
  message(type: string): DescMessage;
  /** An encoded message in its JSON form. */
  jsonOf(type: string, bytes: Uint8Array): JsonValue;
}

export function schemasOf(descriptorSet: string): Schemas {
  const { file: files } = fromBinary(FileDescriptorSetSchema, base64Decode(descriptorSet));
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: dependenciesFirst(files) }));
  const message = (type: string) => known(registry.getMessage(type), type);
  return {
    registry,
    message,
    method(service, name) {
      const found = registry.getService(service)?.methods.find((method) => method.name === name);
      return known(found, `${service}/${name}`);
    },
    jsonOf: (type, bytes) => toJson(message(type), fromBinary(message(type), bytes), { registry }),
  };
}

// Reflection gives a file before what it imports; a set has it the other way around.
function dependenciesFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto | undefined) => {
    if (!file || ordered.has(file)) return;
    for (const name of file.dependency) add(byName.get(name));
    ordered.add(file);
  };
  for (const file of files) add(file);
  return [...ordered];
}

function known<T>(found: T | undefined, name: string): T {
  if (!found) throw new Error(`the definitions hold no ${name}`);
  return found;
}
