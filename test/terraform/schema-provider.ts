import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** An attribute's type as Terraform writes it in JSON: `"string"`, `["list", "string"]`. */
type Type = string | readonly unknown[];

interface Attribute {
  readonly name: string;
  readonly type?: Type;
  readonly nested?: { readonly nesting: "single" | "list"; readonly attributes: readonly Attribute[] };
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  readonly writeOnly?: boolean;
}

interface Block {
  readonly attributes: readonly Attribute[];
  readonly blocks?: readonly {
    readonly name: string;
    readonly nesting: "single" | "list" | "set";
    readonly block: Block;
    readonly min?: number;
    readonly max?: number;
  }[];
}

/** A file of `schemas/`. */
export interface ProviderSchema {
  readonly source: string;
  readonly version: string;
  readonly provider: Block;
  readonly resources?: Readonly<Record<string, Block>>;
  readonly data?: Readonly<Record<string, Block>>;
  readonly ephemeral?: Readonly<Record<string, Block>>;
}

type Reply = (error: null, message: object) => void;

/** A provider that is served. */
export interface ServedSchema extends Disposable {
  /** For `TF_REATTACH_PROVIDERS`, by which Terraform takes a provider that runs already. */
  readonly reattach: Readonly<Record<string, object>>;
}

/**
 * Answers Terraform as a provider would whose API is never called: with the schema of `schemas/<name>.json`. That is enough for
 * `validate`, and for `test` with a mock of the provider. Served by this process, on loopback.
 */
export async function serveSchema(name: string): Promise<ServedSchema> {
  const schema = readSchema(name);
  const schemas = schemasOf(schema);
  const server = new Server();
  const nothing = (_call: unknown, reply: Reply) => reply(null, {});
  server.addService(serviceOf("schema-provider.proto", "tfplugin6", "Provider"), {
    GetProviderSchema: (_call: unknown, reply: Reply) => reply(null, schemas),
    ValidateProviderConfig: nothing,
    ValidateResourceConfig: nothing,
    ValidateDataResourceConfig: nothing,
    ValidateEphemeralResourceConfig: nothing,
    ConfigureProvider: nothing,
    // Terraform has no mocks of ephemeral resources: what they give is what was asked, all else unset.
    OpenEphemeralResource: ({ request }: { request: { config: object } }, reply: Reply) =>
      reply(null, { result: request.config }),
    CloseEphemeralResource: nothing,
    StopProvider: nothing,
  });
  server.addService(serviceOf("plugin.proto", "plugin", "GRPCController"), {
    // Said at the end of each run; the next one wants it again.
    Shutdown: nothing,
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const address = { Network: "tcp", String: `127.0.0.1:${port}` };
  return {
    reattach: {
      [`registry.terraform.io/${schema.source}`]: {
        Protocol: "grpc",
        ProtocolVersion: 6,
        Pid: process.pid,
        // It is not Terraform's to end.
        Test: true,
        Addr: address,
      },
    },
    [Symbol.dispose]: () => server.forceShutdown(),
  };
}

/** Reads a file of `schemas/`. */
export function readSchema(name: string): ProviderSchema {
  return JSON.parse(
    readFileSync(join(import.meta.dirname, `schemas/${name}.json`), "utf8"),
  ) as ProviderSchema;
}

function serviceOf(file: string, pack: string, service: string) {
  const definition = loadPackageDefinition(loadSync(join(import.meta.dirname, file), { keepCase: true }));
  return (definition[pack] as Record<string, ServiceClientConstructor>)[service]!.service;
}

function schemasOf(schema: ProviderSchema): object {
  const all = (blocks: Readonly<Record<string, Block>> = {}) =>
    Object.fromEntries(
      Object.entries(blocks).map(([type, block]) => [type, { version: 0, block: blockOf(block) }]),
    );
  return {
    provider: { version: 0, block: blockOf(schema.provider) },
    resource_schemas: all(schema.resources),
    data_source_schemas: all(schema.data),
    ephemeral_resource_schemas: all(schema.ephemeral),
  };
}

function blockOf({ attributes, blocks = [] }: Block): object {
  return {
    attributes: attributes.map(attributeOf),
    block_types: blocks.map(({ name, nesting, block, min = 0, max = 0 }) => ({
      type_name: name,
      nesting: nesting.toUpperCase(),
      block: blockOf(block),
      min_items: min,
      max_items: max,
    })),
  };
}

function attributeOf({ type, nested, writeOnly, ...attribute }: Attribute): object {
  if (!nested)
    return { ...attribute, write_only: writeOnly ?? false, type: Buffer.from(JSON.stringify(type)) };
  const { nesting, attributes } = nested;
  return {
    ...attribute,
    nested_type: { nesting: nesting.toUpperCase(), attributes: attributes.map(attributeOf) },
  };
}
