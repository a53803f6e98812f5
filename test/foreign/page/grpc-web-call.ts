import { fromBinary, fromJson, type JsonValue, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { GrpcWebClientBase, MethodDescriptor, MethodType, type RpcError } from "grpc-web";
import type { Call, Outcome } from "./outcome.ts";
import type { Schemas } from "./schemas.ts";

type Stream = ReturnType<GrpcWebClientBase["rpcCall"]>;

/** Calls as a page with the official gRPC-Web client does: `text` or `binary`, by XMLHttpRequest. */
export function grpcWebCall(
  url: string,
  format: "text" | "binary",
  authorization: string,
  schemas: Schemas,
): Call {
  const client = new GrpcWebClientBase({ format });
  return (service, name, request, { timeoutMs }) => {
    const method = schemas.method(service, name);
    const { registry } = schemas;
    const unary = method.methodKind === "unary";
    const descriptor = new MethodDescriptor<Message, Message>(
      `/${service}/${name}`,
      unary ? MethodType.UNARY : MethodType.SERVER_STREAMING,
      Object as never,
      Object as never,
      (message: Message) => toBinary(method.input, message),
      (bytes: Uint8Array) => fromBinary(method.output, bytes),
    );
    const deadline = timeoutMs !== undefined && { deadline: String(Date.now() + timeoutMs) };
    const metadata = { authorization, ...deadline };
    const message = fromJson(method.input, request, { registry });
    const path = `${url}/${service}/${name}`;
    return outcomeOf(schemas, (received, failed) => {
      const json = (answer: Message) => received(toJson(method.output, answer, { registry }));
      if (!unary) {
        const stream = client.serverStreaming(path, message, metadata, descriptor);
        stream.on("data", json);
        stream.on("error", failed);
        return stream;
      }
      return client.rpcCall(path, message, metadata, descriptor, (error, answer) => {
        if (error) failed(error);
        else json(answer);
      });
    });
  };
}

type Start = (received: (message: JsonValue) => void, failed: (error: RpcError) => void) => Stream;

function outcomeOf(schemas: Schemas, start: Start): Promise<Outcome> {
  return new Promise((resolve) => {
    const messages: JsonValue[] = [];
    let headers: Outcome["headers"] = {};
    let error: Outcome["error"];
    const ended = () => resolve({ messages, headers, ...(error && { error }) });
    const stream = start(
      (message) => messages.push(message),
      (cause) => {
        error = errorOf(cause, schemas);
        ended();
      },
    );
    stream.on("metadata", (metadata) => {
      headers = metadata;
    });
    stream.on("end", ended);
  });
}

function errorOf(error: RpcError, schemas: Schemas): NonNullable<Outcome["error"]> {
  const encoded = error.metadata["grpc-status-details-bin"];
  const details = encoded === undefined ? {} : detailsOf(base64Decode(encoded), schemas);
  return { code: error.code, message: error.message, details };
}

function detailsOf(status: Uint8Array, schemas: Schemas): Record<string, JsonValue> {
  const { details } = schemas.jsonOf("google.rpc.Status", status) as {
    details: ({ "@type": string } & Record<string, JsonValue>)[];
  };
  return Object.fromEntries(
    details.map(({ "@type": url, ...detail }) => [url.slice(url.lastIndexOf("/") + 1), detail]),
  );
}
