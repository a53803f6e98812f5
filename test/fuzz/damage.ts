import type { Random } from "./random.ts";

/** An HTTP request as it goes over the wire. */
export interface RawCall {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
  /** The client resets the stream after the body instead of ending it. */
  cut: boolean;
  http1: boolean;
}

/** One way to be wrong below the level of messages. */
export interface Damage {
  readonly name: string;
  readonly change: (call: RawCall) => void;
}

type Change = (call: RawCall, random: Random) => void;

const bytes = (text: string) => new TextEncoder().encode(text);

function header(name: string, ...values: string[]): Change {
  return (call, random) => {
    call.headers[name] = random.pick(values);
  };
}

function json(...bodies: (() => string)[]): Change {
  return (call, random) => {
    const stream = call.headers["content-type"]?.includes("connect+") === true;
    call.headers["content-type"] = stream ? "application/connect+json" : "application/json";
    const body = bytes(random.pick(bodies)());
    call.body = stream ? envelope(body) : body;
  };
}

/** A message of a stream or of gRPC: a flags byte, four bytes of length, the bytes. */
export function envelope(body: Uint8Array, flags = 0, length: number = body.length): Uint8Array {
  const whole = new Uint8Array(body.length + 5);
  whole[0] = flags;
  new DataView(whole.buffer).setUint32(1, length);
  whole.set(body, 5);
  return whole;
}

const changes: Readonly<Record<string, Change>> = {
  "flipped bits": (call, random) => {
    call.body = Uint8Array.from(call.body);
    for (let times = 1 + random.int(4); times > 0 && call.body.length > 0; times -= 1) {
      const at = random.int(call.body.length);
      call.body[at] = (call.body[at] as number) ^ (1 << random.int(8));
    }
  },
  "truncated body": (call, random) => {
    call.body = call.body.slice(0, random.int(call.body.length + 1));
  },
  "body with a tail": (call, random) => {
    const tail = Array.from({ length: 1 + random.int(30) }, () => random.int(256));
    call.body = Uint8Array.of(...call.body.slice(0, 60_000), ...tail);
  },
  "random bytes": (call, random) => {
    call.body = Uint8Array.from({ length: random.int(200) }, () => random.int(256));
  },
  "empty body": (call) => {
    call.body = new Uint8Array();
  },
  "body that is cut": (call, random) => {
    call.body = call.body.slice(0, random.int(call.body.length + 1));
    call.cut = true;
  },
  "envelope that lies": (call, random) => {
    const length = random.pick([0, 1, 0xffff, 0x7fffffff, 0xffffffff]);
    call.body = envelope(call.body.slice(5), random.pick([0, 1, 2, 3, 128, 255]), length);
  },
  "two messages": (call) => {
    call.body = Uint8Array.of(...call.body.slice(0, 30_000), ...call.body.slice(0, 30_000));
  },
  "malformed JSON": json(
    () => '{"name":',
    () => "[]",
    () => "null",
    () => '"text"',
    () => '{"nothingLikeIt": 1}',
    () => '{"name": 5, "parent": {}}',
    () => '{"pageSize": "x"}',
    () => '{"pageSize": 1e400}',
    () => '{"name": "a", "name": "b"}',
    () => `${"[".repeat(20_000)}`,
    () => `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`,
    () => '{"__proto__": {"parent": "markets/x"}}',
    () => "\uFEFF{}",
    () => '{"name":"\\ud800"}',
  ),
  "content type": header(
    "content-type",
    "text/plain",
    "application/xml",
    "",
    "application/proto; charset=latin1",
    "application/json; charset=utf-16",
    "application/connect+proto",
    "application/grpc",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/x-www-form-urlencoded",
  ),
  "HTTP method": (call, random) => {
    call.method = random.pick(["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"]);
    if (call.method !== "PUT" && call.method !== "PATCH") call.body = new Uint8Array();
  },
  "GET with a query": (call, random) => {
    const query = random.pick([
      "?connect=v1&encoding=json&message=%7B%7D",
      "?connect=v1&encoding=proto&base64=1&message=!!!",
      "?connect=v2&encoding=json&message=%7B%7D",
      "?encoding=json",
      "?connect=v1&encoding=json&message=%ZZ",
      "?connect=v1&encoding=json&compression=gzip&message=abc",
    ]);
    Object.assign(call, { method: "GET", path: call.path + query, body: new Uint8Array() });
  },
  compression: (call, random) => {
    const name = call.headers["content-type"]?.startsWith("application/grpc")
      ? "grpc-encoding"
      : "content-encoding";
    call.headers[name] = random.pick(["gzip", "br", "zstd", "deflate", "gzip, gzip", "identity"]);
  },
  deadline: (call, random) => {
    const grpc = call.headers["content-type"]?.startsWith("application/grpc") === true;
    const wrong = ["abc", "-1", "", "1e9", "99999999999999", "0x10", "1.5"];
    call.headers[grpc ? "grpc-timeout" : "connect-timeout-ms"] = random.pick(
      grpc ? [...wrong, "5x", "m"] : wrong,
    );
  },
  "protocol version": header("connect-protocol-version", "2", "", "one"),
  "request id": header("x-request-id", "", "x".repeat(4_000), "a b", "../..", "<script>"),
  traceparent: header(
    "traceparent",
    "00-0-0-0",
    "",
    "ff-00000000000000000000000000000000-0000000000000000-01",
    "x".repeat(5_000),
  ),
  "accepted encodings": header("accept-encoding", "br;q=1", "*", "gzip;q=0", "identity;q=0, *;q=0"),
  authorization: header(
    "authorization",
    "",
    "Bearer",
    "Bearer ",
    "Basic b3BlcmF0b3I6eA==",
    "bearer a.b.c",
    "Bearer a b",
    "x".repeat(9_000),
  ),
  "end caller": header("marketmesh-caller", "", "garbage", "a.b.c"),
  path: (call, random) => {
    call.path = random.pick([
      () => `${call.path}/`,
      () => `/${call.path}`,
      () => call.path.toLowerCase(),
      () => `${call.path}x`,
      () => `${call.path}?x=1`,
      () => `${call.path}%00`,
      () => call.path.replace("/marketmesh.", "/./marketmesh."),
      () => "/",
      () => "/metrics",
      () => "/.well-known/../x",
      () => `/${"p".repeat(4_000)}`,
    ])();
  },
  "too large": (call) => {
    call.body = new Uint8Array(5 * 1024 * 1024).fill(10);
    if (call.headers["content-type"]?.includes("+")) call.body = envelope(call.body);
  },
};

const names = Object.keys(changes);

/** A seeded damage. What is large is rare. */
export function damageOf(random: Random): Damage {
  const name = random.pick(names);
  const chosen = name === "too large" && !random.chance(0.15) ? "flipped bits" : name;
  return { name: chosen, change: (call) => (changes[chosen] as Change)(call, random) };
}
