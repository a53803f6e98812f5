import { randomUUID } from "node:crypto";
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { BatchCreateHoldsRequestSchema, CreateHoldRequestSchema } from "@marketmesh/contracts/allocation/v1";

/** What one process of callers does; the parent gives it as JSON. */
export interface HoldsLoad {
  readonly urls: readonly string[];
  readonly token: string;
  readonly market: string;
  /** Listings by side: `{prefix}-s-{n}` and `{prefix}-d-{n}`. */
  readonly prefix: string;
  readonly listings: number;
  readonly callers: number;
  /** Holds of a call; 1: CreateHold. */
  readonly batch: number;
  readonly seconds: number;
}

/** What became of it. */
export interface HoldsLoaded {
  readonly taken: number;
  readonly refused: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const service = "/marketmesh.allocation.v1.AllocationService";

/**
 * Callers that ask again as soon as they are answered. They share the machine with what is measured, so they cost as little as they
 * can: bare HTTP/2 on two sessions a process of the service, each request encoded once and sent again with another request id, of an
 * answer to a batch only what was taken and what refused. Every answer is looked at: its status, and each hold of a batch.
 */
async function load(given: HoldsLoad): Promise<HoldsLoaded> {
  const bodyOf = bodies(given);
  const headers = headersOf(given);
  const sessions = given.urls.flatMap((url) => [connect(url), connect(url)]);
  const tookMs: number[] = [];
  const counts = { taken: 0, refused: 0, failed: 0 };
  const startMs = performance.now();
  const endMs = startMs + given.seconds * 1_000;
  let number = 0;
  const caller = async (n: number) => {
    while (performance.now() < endMs) {
      const beganMs = performance.now();
      const { status, body } = await call(sessions[n % sessions.length]!, headers, bodyOf(number++));
      tookMs.push(performance.now() - beganMs);
      count(counts, given, status, body);
    }
  };
  await Promise.all(Array.from({ length: given.callers }, (_, n) => caller(n)));
  const seconds = (performance.now() - startMs) / 1_000;
  for (const session of sessions) session.close();
  tookMs.sort((left, right) => left - right);
  const at = (share: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? 0;
  return { ...counts, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

type Counts = { taken: number; refused: number; failed: number };

function count(counts: Counts, { batch }: HoldsLoad, status: number, body: Buffer): void {
  if (status === 200 && batch === 1) counts.taken++;
  else if (status === 200) {
    const { taken, refused } = outcomesOf(body);
    counts.taken += taken;
    counts.refused += refused;
    // An answer that leaves holds out is no good one.
    counts.failed += batch - taken - refused;
  } else if (status === 400 && batch === 1) counts.refused++;
  else counts.failed += batch;
}

/** Of BatchCreateHoldsResponse: a CreatedHold begins with its hold (field 1) exactly when it was taken. */
function outcomesOf(body: Buffer): Pick<Counts, "taken" | "refused"> {
  const reader = new BinaryReader(body);
  const outcomes = { taken: 0, refused: 0 };
  while (reader.pos < reader.len) {
    reader.tag();
    const [tag = 0] = reader.bytes();
    if (tag >>> 3 === 1) outcomes.taken++;
    else outcomes.refused++;
  }
  return outcomes;
}

const idLength = randomUUID().length;

/** The n-th request. They repeat after as many as there are listings, but for the request id, which is the last field. */
function bodies(given: HoldsLoad): (n: number) => Uint8Array {
  const known = new Map<number, Buffer>();
  return (n) => {
    const at = (n * given.batch) % given.listings;
    const body = Buffer.from(known.get(at) ?? encoded(given, at));
    if (!known.has(at)) known.set(at, Buffer.from(body));
    body.write(randomUUID(), body.length - idLength, "latin1");
    return body;
  };
}

function encoded(given: HoldsLoad, from: number): Uint8Array {
  const parent = `markets/${given.market}`;
  const hold = (k: number) => ({
    demand: `${parent}/listings/${given.prefix}-d-${(k * 7_919) % given.listings}`,
    supply: `${parent}/listings/${given.prefix}-s-${(k * 6_131) % given.listings}`,
    units: 1n,
  });
  const requestId = randomUUID();
  if (given.batch === 1) {
    const request = create(CreateHoldRequestSchema, { parent, hold: hold(from), requestId });
    return toBinary(CreateHoldRequestSchema, request);
  }
  const holds = Array.from({ length: given.batch }, (_, k) => hold(from + k));
  const request = create(BatchCreateHoldsRequestSchema, { parent, holds, requestId });
  return toBinary(BatchCreateHoldsRequestSchema, request);
}

function headersOf(given: HoldsLoad): OutgoingHttpHeaders {
  return {
    ":method": "POST",
    ":path": `${service}/${given.batch === 1 ? "CreateHold" : "BatchCreateHolds"}`,
    "content-type": "application/proto",
    "connect-protocol-version": "1",
    "connect-timeout-ms": "10000",
    authorization: `Bearer ${given.token}`,
  };
}

function call(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  request: Uint8Array,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve) => {
    const stream = session.request(headers);
    let status = 0;
    const chunks: Buffer[] = [];
    stream.on("response", ({ ":status": said }) => {
      status = said ?? 0;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => resolve({ status, body: Buffer.concat(chunks) }));
    stream.on("error", () => resolve({ status: 0, body: Buffer.alloc(0) }));
    stream.end(request);
  });
}

if (process.argv[2]) process.stdout.write(`${JSON.stringify(await load(JSON.parse(process.argv[2])))}\n`);
