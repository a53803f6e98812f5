import { fromJson, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import type { Call, Outcome } from "./outcome.ts";
import type { Schemas } from "./schemas.ts";

interface Options {
  readonly timeoutMs?: number;
  readonly headers: Record<string, string>;
  readonly onHeader: (headers: Headers) => void;
}
type UnaryOrStream = (request: Message, options: Options) => Promise<Message> | AsyncIterable<Message>;

/** Calls as a page with Connect-Web does, over either of its transports. */
export function connectWebCall(transport: Transport, authorization: string, schemas: Schemas): Call {
  return async (service, name, request, { timeoutMs }) => {
    const method = schemas.method(service, name);
    const { registry } = schemas;
    const clients = createClient(method.parent, transport) as unknown as Record<string, UnaryOrStream>;
    const messages: JsonValue[] = [];
    let headers: Outcome["headers"] = {};
    const options: Options = {
      ...(timeoutMs !== undefined && { timeoutMs }),
      headers: { authorization },
      onHeader(received) {
        headers = Object.fromEntries(received);
      },
    };
    try {
      const answer = clients[method.localName]?.(fromJson(method.input, request, { registry }), options);
      const stream = answer && Symbol.asyncIterator in answer ? answer : [await answer];
      for await (const message of stream) {
        if (message) messages.push(toJson(method.output, message, { registry }));
      }
      return { messages, headers };
    } catch (cause) {
      return { messages, headers, error: errorOf(ConnectError.from(cause), schemas) };
    }
  };
}

function errorOf(error: ConnectError, schemas: Schemas): NonNullable<Outcome["error"]> {
  const details = error.details.flatMap((detail) =>
    "type" in detail ? [[detail.type, schemas.jsonOf(detail.type, detail.value)] as const] : [],
  );
  return { code: error.code, message: error.rawMessage, details: Object.fromEntries(details) };
}
