import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import {
  loadFileDescriptorSetFromBuffer,
  loadSync,
  type MessageTypeDefinition,
  type MethodDefinition,
  type PackageDefinition,
  type ServiceDefinition,
} from "@grpc/proto-loader";

export type Method = MethodDefinition<object, object>;

/**
 * What a server says of itself, read by a client that has none of our generated code. Fields have the names of the proto
 * files, and maps are lists of `key` and `value`: so proto-loader reads descriptors.
 */
export interface Reflected {
  readonly services: readonly string[];
  /** A google.protobuf.FileDescriptorSet of all services, and of what errors carry. */
  readonly descriptorSet: Buffer;
  method(service: string, name: string): Method;
  /** The details of an error, by type. */
  detailsOf(error: grpc.ServiceError): Record<string, unknown>;
}

const thirdParty = fileURLToPath(new URL("../../proto/third_party", import.meta.url));
const options = { longs: String, enums: String, defaults: true, oneofs: true, keepCase: false } as const;
const errorTypes = ["google.rpc.Status", "google.rpc.ErrorInfo"];

type Asked = { listServices: string } | { fileContainingSymbol: string };
interface Told {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
}

/** Asks a server for its services and their definitions by `grpc.reflection.<version>`. */
export async function reflect(url: string, version: "v1" | "v1alpha" = "v1"): Promise<Reflected> {
  const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure());
  try {
    const [listed] = await ask(client, version, [{ listServices: "" }]);
    const services = listed?.listServicesResponse?.service.map(({ name }) => name) ?? [];
    const symbols = [...services, ...errorTypes].map((symbol) => ({ fileContainingSymbol: symbol }));
    const answers = await ask(client, version, symbols);
    return reflectedBy(services, descriptorSetOf(answers));
  } finally {
    client.close();
  }
}

/** One reflection stream: every question is put at once, and every answer comes in its order. */
function ask(client: grpc.Client, version: string, asked: readonly Asked[]): Promise<Told[]> {
  const file = `grpc/reflection/${version}/reflection.proto`;
  const loaded = loadSync(file, { ...options, includeDirs: [thirdParty], defaults: false });
  const service = loaded[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
  const { path, requestSerialize, responseDeserialize } = service.ServerReflectionInfo as Method;
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  return new Promise((resolve, reject) => {
    const told: Told[] = [];
    stream.on("data", (answer: Told) => told.push(answer));
    stream.on("error", reject);
    stream.on("end", () => resolve(told));
    for (const each of asked) stream.write(each);
    stream.end();
  });
}

/** Files come once for each question that needs them; a set holds each once. In protobuf, a list is its items in a row. */
function descriptorSetOf(answers: readonly Told[]): Buffer {
  const files = new Map<string, Buffer>();
  for (const { fileDescriptorResponse } of answers)
    for (const file of fileDescriptorResponse?.fileDescriptorProto ?? [])
      files.set(file.toString("latin1"), file);
  return Buffer.concat([...files.values()].flatMap((file) => [varint(0x0a), varint(file.length), file]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}

function reflectedBy(services: readonly string[], descriptorSet: Buffer): Reflected {
  const definitions = loadFileDescriptorSetFromBuffer(descriptorSet, options);
  return {
    services,
    descriptorSet,
    method(service, name) {
      const method = (definitions[service] as ServiceDefinition | undefined)?.[name];
      if (!method) throw new Error(`reflection names no ${service}/${name}`);
      return method;
    },
    detailsOf(error) {
      const [bytes] = error.metadata.get("grpc-status-details-bin");
      const { details } = decode(definitions, "google.rpc.Status", bytes as Buffer) as {
        details: { type_url: string; value: Buffer }[];
      };
      return Object.fromEntries(
        details.map(({ type_url: typeUrl, value }) => {
          const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
          return [type, decode(definitions, type, value)];
        }),
      );
    },
  };
}

function decode(definitions: PackageDefinition, type: string, bytes: Buffer): object {
  return (definitions[type] as MessageTypeDefinition<object, object>).deserialize(bytes);
}
