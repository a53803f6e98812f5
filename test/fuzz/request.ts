import type { Message } from "@bufbuild/protobuf";
import type { Rpc } from "./contracts.ts";
import type { Damage } from "./damage.ts";
import type { Origin } from "./pool.ts";
import type { Who } from "./principals.ts";

export const protocols = ["connect", "json", "grpc", "grpc-web"] as const;
export type Protocol = (typeof protocols)[number];

/** What the fuzzer means by a request: one that should be right, one at an edge, one that is wrong from outside. */
export type Mode = "valid" | "boundary" | "wrong";

/** One request, made of the seed and its number alone and of what the mesh held by then. */
export interface FuzzRequest {
  readonly number: number;
  readonly rpc: Rpc;
  readonly mode: Mode;
  readonly protocol: Protocol;
  readonly who: Who;
  /** Sent as `marketmesh-caller` beside a service's token. */
  readonly endCaller: Who | undefined;
  /** The id of the market that it is about. */
  readonly market: string;
  /** One for unary methods and server streams. */
  readonly messages: readonly Message[];
  readonly timeoutMs: number;
  /** The client leaves after this many milliseconds. */
  readonly leaveAfterMs: number | undefined;
  /** It waits for something that may never come, or has no time: running out of time is no fault. */
  readonly mayTimeOut: boolean;
  /** How its bytes, headers or path are wrong; undefined when a proper client sends it. */
  readonly damage: Damage | undefined;
  /** Who calls may not, whatever it asks for: an answer would be a hole. */
  readonly mustBeRefused: boolean;
  /** The earlier requests whose answers it stands on. */
  readonly origins: ReadonlySet<Origin>;
}

/** How a request ended. */
export type Outcome = Ok | Refused | HttpRefused | Left | Broken;

interface Ended {
  readonly startedMs: number;
  readonly endedMs: number;
}

export interface Ok extends Ended {
  readonly kind: "ok";
  readonly answers: readonly Message[];
  /** The largest answer, in bytes. */
  readonly bytesMax: number;
}

/** A refusal by a protocol of ours. */
export interface Refused extends Ended {
  readonly kind: "refused";
  readonly code: number;
  /** Of ErrorInfo; undefined without one. */
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  /** Whether BadRequest names a field. */
  readonly namesField: boolean;
  readonly message: string;
  /** The client made the error by itself: its deadline passed, it left, or the connection broke. */
  readonly byClient: boolean;
  /** Answers of a stream before it ended. */
  readonly answers: readonly Message[];
}

/** Not an RPC in the eyes of the server: no such path, method or content type. */
export interface HttpRefused extends Ended {
  readonly kind: "http";
  readonly status: number;
  readonly body: string;
}

/** The client went away before the end, on purpose. */
export interface Left extends Ended {
  readonly kind: "left";
  readonly answers: readonly Message[];
}

/** Neither an answer nor a refusal: no answer at all, a reset, an answer that does not parse. */
export interface Broken extends Ended {
  readonly kind: "broken";
  readonly problem: string;
}
