import { type ClientHttp2Session, connect } from "node:http2";

/** What became of calls that were sent at a steady rate, whether or not answers kept up. */
export interface Offered {
  readonly sent: number;
  /** Milliseconds of the calls that were answered, ascending. */
  readonly accepted: readonly number[];
  /** The same of those that got RESOURCE_EXHAUSTED. */
  readonly refused: readonly number[];
  /** Calls that ended otherwise, by HTTP status or error. */
  readonly other: Readonly<Record<string, number>>;
}

export interface OpenLoopOptions {
  readonly url: string;
  /** `/marketmesh.catalog.v1.CatalogService/GetListing` */
  readonly path: string;
  readonly token: string;
  /** The encoded request of the n-th call. */
  readonly body: (n: number) => Uint8Array;
  readonly perSecond: number;
  readonly seconds: number;
}

const sessions = 4;
const everyMs = 2;
const exhausted = 429;

/**
 * Offers unary calls over bare HTTP/2, so that the one who asks costs little beside the one who answers. Latency counts
 * from when a call was due: a sender that is late must not flatter the server.
 */
export async function openLoop(options: OpenLoopOptions): Promise<Offered> {
  const { perSecond, seconds } = options;
  const open = Array.from({ length: sessions }, () => connect(options.url));
  const total = Math.floor(perSecond * seconds);
  const accepted: number[] = [];
  const refused: number[] = [];
  const other: Record<string, number> = {};
  const calls: Promise<void>[] = [];
  const startMs = performance.now();
  const dueMs = (n: number) => startMs + (n * 1_000) / perSecond;
  while (calls.length < total) {
    while (calls.length < total && dueMs(calls.length) <= performance.now()) {
      const n = calls.length;
      const answered = callOnce(open[n % sessions]!, options, n).then((status) => {
        const tookMs = performance.now() - dueMs(n);
        if (status === "200") accepted.push(tookMs);
        else if (status === String(exhausted)) refused.push(tookMs);
        else other[status] = (other[status] ?? 0) + 1;
      });
      calls.push(answered);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await Promise.all(calls);
  for (const session of open) session.close();
  const ascending = (values: number[]) => values.sort((left, right) => left - right);
  return { sent: total, accepted: ascending(accepted), refused: ascending(refused), other };
}

/** The HTTP status of one call, or the code of its error. */
export function callOnce(
  session: ClientHttp2Session,
  { path, token, body }: Pick<OpenLoopOptions, "path" | "token" | "body">,
  n: number,
): Promise<string> {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/proto",
      "connect-protocol-version": "1",
      "connect-timeout-ms": "10000",
      authorization: `Bearer ${token}`,
    });
    let status = "none";
    stream.on("response", (headers) => {
      status = String(headers[":status"]);
    });
    stream.on("data", () => {});
    stream.on("end", () => resolve(status));
    stream.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    stream.end(body(n));
  });
}
