import {
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
  type Registry,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { BadRequestSchema, ErrorInfoSchema } from "@marketmesh/contracts/google/rpc";
import { envelope, type RawCall } from "./damage.ts";
import { RawSender, refusalIn } from "./raw-send.ts";
import type { FuzzRequest, Outcome, Protocol } from "./request.ts";

const answersMax = 20;
/** Between the answers of a stream: what comes later is not waited for. */
const patienceMs = 100;
/** Before the first answers of a method: on a busy machine they take their time, and every method is to be answered. */
const firstPatienceMs = 2_000;
/** What a client grants beyond its deadline before it says that nothing came. */
const graceMs = 5_000;

type Unary = DescMethodUnary<DescMessage, DescMessage>;
type Streaming = DescMethodStreaming<DescMessage, DescMessage>;

/** Sends requests to the services of a mesh, over every protocol, and says how each ended. */
export class Sender implements Disposable {
  readonly #endpoints: Readonly<Record<string, string>>;
  readonly #registry: Registry;
  readonly #transports = new Map<string, Transport>();
  readonly #raw = new RawSender();
  /** Methods that have answered. */
  readonly #answered = new Set<string>();

  constructor(endpoints: Readonly<Record<string, string>>, registry: Registry) {
    this.#endpoints = endpoints;
    this.#registry = registry;
  }

  async send(request: FuzzRequest, headers: Record<string, string>): Promise<Outcome> {
    const startedMs = now();
    try {
      const outcome = request.damage
        ? await this.#sendRaw(request, headers)
        : await this.#sendTyped(request, headers);
      return { ...outcome, startedMs, endedMs: now() };
    } catch (error) {
      return { kind: "broken", problem: String(error), startedMs, endedMs: now() };
    }
  }

  #transport(target: string, protocol: Protocol): Transport {
    const key = `${target} ${protocol}`;
    const known = this.#transports.get(key);
    if (known) return known;
    const made = transportTo(this.#urlOf(target), protocol, this.#registry);
    this.#transports.set(key, made);
    return made;
  }

  #urlOf(target: string): string {
    return this.#endpoints[target] as string;
  }

  async #sendTyped(request: FuzzRequest, headers: Record<string, string>): Promise<Unstamped> {
    const { rpc, timeoutMs, leaveAfterMs } = request;
    const transport = this.#transport(rpc.target, request.protocol);
    const leaving = new AbortController();
    const timers = [setTimeout(() => leaving.abort("hang"), timeoutMs + graceMs)];
    if (leaveAfterMs !== undefined) timers.push(setTimeout(() => leaving.abort("left"), leaveAfterMs));
    const answers: Message[] = [];
    try {
      if (rpc.method.methodKind === "unary") {
        const method = rpc.method as Unary;
        const message = request.messages[0] as MessageInitShape<DescMessage>;
        const answer = await transport.unary(method, leaving.signal, timeoutMs, headers, message);
        answers.push(answer.message);
      } else {
        const patience = this.#answered.has(rpc.name) ? patienceMs : firstPatienceMs;
        await readStream(transport, request, headers, leaving, answers, patience);
      }
      return okOf(rpc.method.output, answers);
    } catch (error) {
      return ended(error, leaving.signal, answers, rpc.method.output);
    } finally {
      if (answers.length > 0) this.#answered.add(rpc.name);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  async #sendRaw(request: FuzzRequest, headers: Record<string, string>): Promise<Unstamped> {
    const call = rawCallOf(request, headers, this.#registry);
    request.damage?.change(call);
    const answer = await this.#raw.send(this.#urlOf(request.rpc.target), call, rawPatience(request));
    if (answer.problem !== undefined) {
      if (call.cut || isEndless(request)) return { kind: "left", answers: [] };
      return { kind: "broken", problem: answer.problem };
    }
    const refusal = refusalIn(answer);
    if (refusal === undefined) return { kind: "ok", answers: [], bytesMax: answer.body.length };
    if (refusal !== "http") return refusedOf(refusal, false, []);
    return { kind: "http", status: answer.status, body: Buffer.from(answer.body).toString().slice(0, 200) };
  }

  [Symbol.dispose](): void {
    this.#raw[Symbol.dispose]();
  }
}

type Unstamped = Outcome extends infer Each
  ? Each extends Outcome
    ? Omit<Each, "startedMs" | "endedMs">
    : never
  : never;

function now(): number {
  return performance.timeOrigin + performance.now();
}

// A server stream that only ends when its client leaves.
function isEndless({ rpc }: FuzzRequest): boolean {
  return rpc.method.methodKind !== "unary";
}

function rawPatience(request: FuzzRequest): number {
  return isEndless(request) ? 1_500 : request.timeoutMs + graceMs;
}

function transportTo(baseUrl: string, protocol: Protocol, registry: Registry): Transport {
  const acceptCompression: [] = [];
  if (protocol === "grpc") return createGrpcTransport({ baseUrl, acceptCompression });
  if (protocol === "grpc-web") return createGrpcWebTransport({ baseUrl, httpVersion: "2" });
  return createConnectTransport({
    baseUrl,
    httpVersion: "2",
    acceptCompression,
    useBinaryFormat: protocol === "connect",
    jsonOptions: { registry },
  });
}

async function readStream(
  transport: Transport,
  request: FuzzRequest,
  headers: Record<string, string>,
  leaving: AbortController,
  answers: Message[],
  firstMs: number,
): Promise<void> {
  async function* sent(): AsyncGenerator<MessageInitShape<DescMessage>> {
    yield* request.messages as readonly MessageInitShape<DescMessage>[];
  }
  const method = request.rpc.method as Streaming;
  const { message } = await transport.stream(method, leaving.signal, request.timeoutMs, headers, sent());
  let timer = setTimeout(() => leaving.abort("left"), firstMs);
  try {
    for await (const answer of message) {
      answers.push(answer);
      if (answers.length === answersMax) break;
      clearTimeout(timer);
      timer = setTimeout(() => leaving.abort("left"), patienceMs);
    }
    if (answers.length === answersMax) leaving.abort("left");
  } finally {
    clearTimeout(timer);
  }
}

function ended(
  error: unknown,
  signal: AbortSignal,
  answers: readonly Message[],
  output: DescMessage,
): Unstamped {
  if (signal.reason === "hang") return { kind: "broken", problem: "no end long after the deadline" };
  if (signal.reason === "left") return answers.length > 0 ? okOf(output, answers) : { kind: "left", answers };
  const refusal = ConnectError.from(error);
  return refusedOf(refusal, !(error instanceof ConnectError) || isOwn(refusal), answers);
}

// What the server sent is marked; what this client made up is not.
function isOwn(error: ConnectError): boolean {
  return !(error as ConnectError & { isWireError?: boolean }).isWireError && error.details.length === 0;
}

function refusedOf(error: ConnectError, byClient: boolean, answers: readonly Message[]): Unstamped {
  const info = error.findDetails(ErrorInfoSchema)[0];
  return {
    kind: "refused",
    code: error.code,
    reason: info?.reason,
    domain: info?.domain,
    namesField: (error.findDetails(BadRequestSchema)[0]?.fieldViolations.length ?? 0) > 0,
    message: error.rawMessage,
    byClient: byClient && info === undefined,
    answers,
  };
}

function okOf(output: DescMessage, answers: readonly Message[]): Unstamped {
  const bytesMax = answers.reduce((most, answer) => Math.max(most, toBinary(output, answer).length), 0);
  return { kind: "ok", answers, bytesMax };
}

const contentTypes: Record<Protocol, readonly [unary: string, stream: string]> = {
  connect: ["application/proto", "application/connect+proto"],
  json: ["application/json", "application/connect+json"],
  grpc: ["application/grpc+proto", "application/grpc+proto"],
  "grpc-web": ["application/grpc-web+proto", "application/grpc-web+proto"],
};

function rawCallOf(request: FuzzRequest, headers: Record<string, string>, registry: Registry): RawCall {
  const { method } = request.rpc;
  const unary = method.methodKind === "unary";
  const type = contentTypes[request.protocol][unary ? 0 : 1];
  const bodies = request.messages.map((message) =>
    request.protocol === "json"
      ? new TextEncoder().encode(toJsonString(method.input, message, { registry }))
      : toBinary(method.input, message),
  );
  const bare = unary && (request.protocol === "connect" || request.protocol === "json");
  return {
    method: "POST",
    path: `/${method.parent.typeName}/${method.name}`,
    headers: {
      ...headers,
      "content-type": type,
      ...(type.startsWith("application/grpc+") && { te: "trailers" }),
    },
    body: bare ? (bodies[0] as Uint8Array) : Buffer.concat(bodies.map((body) => envelope(body))),
    cut: false,
    http1: request.number % 3 === 0 && request.protocol !== "grpc",
  };
}

/** Whether the client gave up by itself because time was over. */
export function ranOut(outcome: Outcome): boolean {
  return outcome.kind === "refused" && outcome.code === Code.DeadlineExceeded;
}
