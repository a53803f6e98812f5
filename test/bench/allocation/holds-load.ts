import { randomUUID } from "node:crypto";
import { type ClientHttp2Session, connect } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  BatchCreateHoldsRequestSchema,
  BatchCreateHoldsResponseSchema,
  CreateHoldRequestSchema,
} from "@marketmesh/contracts/allocation/v1";

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

/** Callers that ask again as soon as they are answered, over bare HTTP/2: the one who asks must cost little beside the service. */
async function load(given: HoldsLoad): Promise<HoldsLoaded> {
  const sessions = given.urls.flatMap((url) => [connect(url), connect(url)]);
  const tookMs: number[] = [];
  const counts = { taken: 0, refused: 0, failed: 0 };
  const startMs = performance.now();
  const endMs = startMs + given.seconds * 1_000;
  let number = 0;
  const caller = async (n: number) => {
    while (performance.now() < endMs) {
      const beganMs = performance.now();
      const { status, body } = await call(sessions[n % sessions.length]!, given, number++);
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
    const { holds } = fromBinary(BatchCreateHoldsResponseSchema, body);
    const taken = holds.filter(({ hold }) => hold).length;
    counts.taken += taken;
    counts.refused += holds.length - taken;
  } else if (status === 400) counts.refused++;
  else counts.failed++;
}

function bodyOf(given: HoldsLoad, n: number): Uint8Array {
  const parent = `markets/${given.market}`;
  const hold = (k: number) => ({
    demand: `${parent}/listings/${given.prefix}-d-${(k * 7_919) % given.listings}`,
    supply: `${parent}/listings/${given.prefix}-s-${(k * 6_131) % given.listings}`,
    units: 1n,
  });
  const requestId = randomUUID();
  if (given.batch === 1) {
    return toBinary(
      CreateHoldRequestSchema,
      create(CreateHoldRequestSchema, { parent, hold: hold(n), requestId }),
    );
  }
  const holds = Array.from({ length: given.batch }, (_, k) => hold(n * given.batch + k));
  return toBinary(
    BatchCreateHoldsRequestSchema,
    create(BatchCreateHoldsRequestSchema, { parent, holds, requestId }),
  );
}

function call(
  session: ClientHttp2Session,
  given: HoldsLoad,
  n: number,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": `${service}/${given.batch === 1 ? "CreateHold" : "BatchCreateHolds"}`,
      "content-type": "application/proto",
      "connect-protocol-version": "1",
      "connect-timeout-ms": "10000",
      authorization: `Bearer ${given.token}`,
    });
    let status = 0;
    const chunks: Buffer[] = [];
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => resolve({ status, body: Buffer.concat(chunks) }));
    stream.on("error", () => resolve({ status: 0, body: Buffer.alloc(0) }));
    stream.end(bodyOf(given, n));
  });
}

if (process.argv[2]) process.stdout.write(`${JSON.stringify(await load(JSON.parse(process.argv[2])))}\n`);
