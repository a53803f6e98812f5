import type {
  DescMethod,
  DescMethodStreaming,
  DescMethodUnary,
  DescService,
  Message,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { FeedService } from "@marketmesh/contracts/events/v1";
import { registry } from "@marketmesh/contracts/registry";
import { codeName } from "@marketmesh/rpc";
import { type Filling, markedRequest, nounOf, turnsOf } from "./marked-request.ts";

const timeoutMs = 3_000;
const messagesMax = 5;

export interface Marked {
  readonly marker: string;
  readonly market: string;
  readonly filling: Filling;
  readonly header: Readonly<Record<string, string>>;
}

/** How the calls of each method ended. */
export type Outcomes = Map<string, Set<string>>;

/** Calls every method of every service with requests that are all marker. */
export async function callEverything(
  endpoints: Readonly<Record<string, string>>,
  marked: Marked,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  for (const [target, baseUrl] of Object.entries(endpoints)) {
    const transport = createConnectTransport({ httpVersion: "2", baseUrl, defaultTimeoutMs: timeoutMs });
    for (const service of [...servicesOf(target), FeedService]) {
      await Promise.all(
        service.methods.map(async (method) => {
          const key = `${target} ${service.typeName}/${method.name}`;
          const ended = outcomes.get(key) ?? new Set();
          outcomes.set(key, ended);
          for (let turn = 0; turn < turnsOf(method.input); turn += 1) {
            const noun = nounOf(method.name);
            const request = markedRequest(method.input, { ...marked, noun, turn });
            if (request) ended.add(await callOnce(transport, method, request, marked.header));
          }
        }),
      );
    }
  }
  return outcomes;
}

/** The services of a target: all of its proto package. */
export function servicesOf(target: string): DescService[] {
  return [...registry].filter(
    (type): type is DescService =>
      type.kind === "service" && type.typeName.startsWith(`marketmesh.${target}.v1.`),
  );
}

async function callOnce(
  transport: Transport,
  method: DescMethod,
  request: Message,
  header: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    if (isUnary(method)) await callUnary(transport, method, request, header);
    else await callStream(transport, method as DescMethodStreaming, request, header);
    return "OK";
  } catch (cause) {
    return codeName(cause instanceof ConnectError ? cause.code : Code.Unknown);
  }
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

async function callUnary(
  transport: Transport,
  method: DescMethodUnary,
  request: Message,
  header: Readonly<Record<string, string>>,
): Promise<void> {
  await transport.unary(method, undefined, timeoutMs, header, request);
}

async function callStream(
  transport: Transport,
  method: DescMethodStreaming,
  request: Message,
  header: Readonly<Record<string, string>>,
): Promise<void> {
  const ending = new AbortController();
  async function* input() {
    yield request;
  }
  const response = await transport.stream(method, ending.signal, timeoutMs, header, input());
  let read = 0;
  for await (const _ of response.message) {
    read += 1;
    if (read < messagesMax) continue;
    ending.abort();
    return;
  }
}
