import type { JsonObject } from "@bufbuild/protobuf";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { connectWebCall } from "./connect-web-call.ts";
import { grpcWebCall } from "./grpc-web-call.ts";
import type { Call, CallOptions, Outcome, PageSettings } from "./outcome.ts";
import { schemasOf } from "./schemas.ts";

/** What the test finds in the page. */
export interface Foreign {
  /** Once, before the first call. */
  open(settings: PageSettings): void;
  call(
    client: string,
    service: string,
    method: string,
    request: JsonObject,
    options: CallOptions,
  ): Promise<Outcome>;
}

// All that is used of a page: its sources are checked with the others, which know no DOM.
interface Page {
  readonly document: {
    readonly body: { append(...nodes: unknown[]): void };
    createElement(tag: string): unknown;
  };
}

const { document } = globalThis as unknown as Page;
const calls = new Map<string, Call>();

const foreign: Foreign = {
  open({ url: baseUrl, authorization, descriptorSet }) {
    const schemas = schemasOf(descriptorSet);
    const jsonTransport = createConnectTransport({ baseUrl, useHttpGet: true });
    const binaryTransport = createConnectTransport({ baseUrl, useBinaryFormat: true });
    const webTransport = createGrpcWebTransport({ baseUrl });
    calls.set("Connect-Web, JSON", connectWebCall(jsonTransport, authorization, schemas));
    calls.set("Connect-Web, binary", connectWebCall(binaryTransport, authorization, schemas));
    calls.set("Connect-Web, gRPC-Web", connectWebCall(webTransport, authorization, schemas));
    calls.set("grpc-web, text", grpcWebCall(baseUrl, "text", authorization, schemas));
    calls.set("grpc-web, binary", grpcWebCall(baseUrl, "binary", authorization, schemas));
  },
  async call(client, service, method, request, options) {
    const call = calls.get(client);
    if (!call) throw new Error(`no client ${client}`);
    const outcome = await call(service, method, request, options);
    const { messages, error } = outcome;
    const told = error ? `code ${error.code}: ${error.message}` : "ok";
    document.body.append(
      `${client}: ${method}: ${messages.length} messages, ${told}`,
      document.createElement("br"),
    );
    return outcome;
  },
};

Object.assign(globalThis, { foreign });
