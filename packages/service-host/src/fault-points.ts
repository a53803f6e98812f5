import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Env } from "./host.ts";

/**
 * Names a moment of this process's work at which a fault test may stop it. Does nothing unless the environment says
 * MARKETMESH_FAULT_POINTS, which no deployment sets.
 */
export type FaultPoint = (point: string) => void;

const nowhere: FaultPoint = () => {};

/**
 * The fault points of a service. `MARKETMESH_FAULT_POINTS` is a folder; a file in it, named `<service>.<point>`, arms a
 * point: its text is the signal that the process sends itself there, and how many passes come before (`SIGKILL 2`). A point
 * fires once, in one process: who renames the file to `<service>.<point>@<pid>` first is the one.
 */
export function faultPoints(service: string, env: Env): FaultPoint {
  const folder = env.MARKETMESH_FAULT_POINTS;
  if (!folder) return nowhere;
  return (point) => {
    const file = join(folder, `${service}.${point}`);
    if (!existsSync(file)) return;
    let signal: string | undefined;
    try {
      const [named, passes = "0"] = readFileSync(file, "utf8").split(" ");
      if (Number(passes) > 0) return replace(file, `${named} ${Number(passes) - 1}`);
      renameSync(file, `${file}@${process.pid}`);
      signal = named;
    } catch {
      return; // another process was the first
    }
    process.kill(process.pid, signal === "SIGSTOP" ? "SIGSTOP" : "SIGKILL");
  };
}

/** As a whole: another process reads the old text or the new one. */
function replace(file: string, text: string): void {
  const written = join(dirname(file), `@${process.pid}`);
  writeFileSync(written, text);
  renameSync(written, file);
}

/**
 * The handlers of a service with two points around each: `rpc.<Method>.asked` before the handler runs, `rpc.<Method>.done` when
 * its work is done and nobody knows yet. Of streams, each message is a point: `rpc.<Method>.received`, `rpc.<Method>.sent`.
 */
export function withFaultPoints<S extends DescService>(
  service: S,
  methods: ServiceImpl<S>,
  at: FaultPoint,
): ServiceImpl<S> {
  if (at === nowhere) return methods;
  const wrapped = service.methods.map((method) => {
    const handler = (methods as Record<string, Handler>)[method.localName];
    return [method.localName, handler && around(method, handler, at)] as const;
  });
  return Object.fromEntries(wrapped.filter(([, handler]) => handler)) as unknown as ServiceImpl<S>;
}

type Handler = (input: unknown, context: unknown) => Promise<unknown> | AsyncIterable<unknown>;

function around({ name, methodKind }: DescMethod, handler: Handler, at: FaultPoint): Handler {
  const streamsIn = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const streamsOut = methodKind === "server_streaming" || methodKind === "bidi_streaming";
  const inputOf = (input: unknown) =>
    streamsIn ? passing(input as AsyncIterable<unknown>, () => at(`rpc.${name}.received`)) : input;
  if (streamsOut) {
    return async function* (input, context) {
      at(`rpc.${name}.asked`);
      const answers = handler(inputOf(input), context) as AsyncIterable<unknown>;
      for await (const answer of answers) {
        yield answer;
        at(`rpc.${name}.sent`);
      }
      at(`rpc.${name}.done`);
    };
  }
  return async (input, context) => {
    at(`rpc.${name}.asked`);
    const answer = await handler(inputOf(input), context);
    at(`rpc.${name}.done`);
    return answer;
  };
}

async function* passing(messages: AsyncIterable<unknown>, each: () => void): AsyncGenerator<unknown> {
  for await (const message of messages) {
    each();
    yield message;
  }
}
