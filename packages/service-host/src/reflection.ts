import { type DescFile, type DescMessage, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { ErrorInfoSchema, StatusSchema } from "@marketmesh/contracts/google/rpc";
import type { ServerReflection, ServerReflectionRequest } from "@marketmesh/contracts/grpc/reflection/v1";
import type { ServerReflection as ServerReflectionAlpha } from "@marketmesh/contracts/grpc/reflection/v1alpha";

type Asked = ServerReflectionRequest["messageRequest"];

// No method names them, but every refusal carries them: without them a generic client prints details as bytes.
const refusalFiles: readonly DescFile[] = [StatusSchema.file, ErrorInfoSchema.file];

/**
 * Server reflection v1 and v1alpha, which differ in name only: what is served and what refusals carry, from the generated
 * descriptors.
 */
export function reflectionServices(services: () => readonly DescService[]): {
  v1: ServiceImpl<typeof ServerReflection>;
  v1alpha: ServiceImpl<typeof ServerReflectionAlpha>;
} {
  let index: Index | undefined;
  const answer = (asked: Asked) => {
    index ??= indexOf(services());
    return answerFrom(index, asked);
  };
  return {
    v1: {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          yield {
            validHost: request.host,
            originalRequest: request,
            messageResponse: answer(request.messageRequest),
          };
        }
      },
    },
    v1alpha: {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          yield {
            validHost: request.host,
            originalRequest: request,
            messageResponse: answer(request.messageRequest as Asked),
          };
        }
      },
    },
  };
}

interface Index {
  readonly services: readonly string[];
  readonly files: ReadonlyMap<string, DescFile>;
  readonly symbols: ReadonlyMap<string, DescFile>;
  /** By `<extended type> <number>`. */
  readonly extensions: ReadonlyMap<string, DescFile>;
}

function answerFrom(index: Index, asked: Asked) {
  switch (asked.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: index.services.map((name) => ({ name })) },
      } as const;
    case "fileByFilename":
      return filesFrom(index.files.get(asked.value), asked.value);
    case "fileContainingSymbol":
      return filesFrom(index.symbols.get(asked.value), asked.value);
    case "fileContainingExtension": {
      const key = `${asked.value.containingType} ${asked.value.extensionNumber}`;
      return filesFrom(index.extensions.get(key), key);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = [...index.extensions.keys()]
        .filter((key) => key.startsWith(`${asked.value} `))
        .map((key) => Number(key.slice(asked.value.length + 1)));
      return {
        case: "allExtensionNumbersResponse",
        value: { baseTypeName: asked.value, extensionNumber },
      } as const;
    }
    default:
      return failure(Code.InvalidArgument, "message_request is empty");
  }
}

function filesFrom(file: DescFile | undefined, wanted: string) {
  if (!file) return failure(Code.NotFound, `${wanted} is not known here`);
  const fileDescriptorProto = withDependencies(file).map((each) =>
    toBinary(FileDescriptorProtoSchema, each.proto),
  );
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } } as const;
}

function failure(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse", value: { errorCode, errorMessage } } as const;
}

// The asked file first, as clients expect.
function withDependencies(file: DescFile, seen: Set<DescFile> = new Set()): DescFile[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return [file, ...file.dependencies.flatMap((each) => withDependencies(each, seen))];
}

function indexOf(services: readonly DescService[]): Index {
  const seen = new Set<DescFile>();
  const roots = [...services.map(({ file }) => file), ...refusalFiles];
  const all = roots.flatMap((file) => withDependencies(file, seen));
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, DescFile>();
  for (const file of all) {
    for (const name of symbolsOf(file)) symbols.set(name, file);
    for (const extension of file.extensions) {
      symbols.set(extension.typeName, file);
      extensions.set(`${extension.extendee.typeName} ${extension.number}`, file);
    }
  }
  return {
    services: services.map(({ typeName }) => typeName).sort(),
    files: new Map(all.map((file) => [file.proto.name, file])),
    symbols,
    extensions,
  };
}

function* symbolsOf(file: DescFile): Iterable<string> {
  for (const { typeName } of file.enums) yield typeName;
  for (const message of file.messages) yield* messageSymbols(message);
  for (const { typeName, methods } of file.services) {
    yield typeName;
    for (const { name } of methods) yield `${typeName}.${name}`;
  }
}

function* messageSymbols(message: DescMessage): Iterable<string> {
  yield message.typeName;
  for (const { typeName } of message.nestedEnums) yield typeName;
  for (const nested of message.nestedMessages) yield* messageSymbols(nested);
}
