import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ExportCapacityLevelsResponseSchema } from "@marketmesh/contracts/allocation/v1";
import { feedPosition } from "@marketmesh/events";
import type { Database, Scope, Tx } from "@marketmesh/postgres";
import { problem } from "@marketmesh/rpc";
import { exportLevels } from "../storage/capacity-store.ts";
import { toLevelMessage } from "./capacity-message.ts";

const partSize = 1_000;
/** Each keeps a transaction, and so a connection, open. */
const exportsMax = 4;
const takeTimeoutMs = 30_000;
let running = 0;

type Part = MessageInitShape<typeof ExportCapacityLevelsResponseSchema>;

/**
 * One consistent snapshot, part by part: the transaction stays open while the reader takes them, so that memory holds two
 * parts at most. An export of all markets runs in the background role, one of a market with the caller's eyes.
 *
 * Four run at once, more are OVERLOADED; one whose reader takes no part for `patienceMs` is given up.
 */
export async function* exportParts(
  database: Database,
  scope: Scope,
  market: string | undefined,
  signal: AbortSignal,
  patienceMs = takeTimeoutMs,
): AsyncGenerator<Part> {
  if (running === exportsMax) throw overloaded();
  running++;
  const handover = new Handover<Part>(patienceMs);
  const stop = new AbortController();
  const options = {
    isolation: "repeatable read",
    readOnly: true,
    // A snapshot tells its position in the feed, so whoever follows does not mind that it is an earlier one.
    readFrom: "REPLICA_ELSE_PRIMARY",
    signal: AbortSignal.any([signal, stop.signal]),
  } as const;
  const work = (tx: Tx) => writeParts(tx, market, handover);
  const done =
    market === undefined ? database.background(work, options) : database.transaction(scope, work, options);
  done
    .finally(() => running--)
    .then(
      () => handover.end(),
      (error) => handover.end(error),
    );
  try {
    yield* handover.parts();
  } finally {
    stop.abort();
    handover.leave();
  }
}

function overloaded() {
  return problem(Code.ResourceExhausted, "OVERLOADED", "as many exports run as may", {
    metadata: { callsMax: String(exportsMax) },
    retryAfterMs: 1_000,
  });
}

async function writeParts(tx: Tx, market: string | undefined, handover: Handover<Part>): Promise<void> {
  const { epoch, feedSeq } = await feedPosition(tx, "capacity");
  await handover.give({ feedEpoch: epoch, feedSeq });
  for (let after = { market: "", listingId: "" }; ; ) {
    const rows = await exportLevels(tx, market, after, partSize);
    const last = rows.at(-1);
    if (!last) return;
    await handover.give({ capacityLevels: rows.map((row) => toLevelMessage(row.market, row.level)) });
    after = { market: last.market, listingId: last.level.listingId };
  }
}

/** Hands parts from one coroutine to another, one at a time. */
class Handover<T> {
  readonly #patienceMs: number;
  #part: T | undefined;
  #ended = false;
  #left = false;
  #error: unknown;
  #moved = Promise.withResolvers<void>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Throws when the reader left, or takes nothing for too long. */
  async give(part: T): Promise<void> {
    this.#part = part;
    this.#move();
    const timer = setTimeout(() => this.leave(), this.#patienceMs);
    while (this.#part !== undefined && !this.#left) await this.#moved.promise;
    clearTimeout(timer);
    if (this.#left)
      throw problem(Code.DeadlineExceeded, "DEADLINE_EXCEEDED", "no part was taken for too long");
  }

  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#move();
  }

  leave(): void {
    this.#left = true;
    this.#move();
  }

  async *parts(): AsyncGenerator<T> {
    for (;;) {
      if (this.#part !== undefined && !this.#left) {
        const part = this.#part;
        this.#part = undefined;
        this.#move();
        yield part;
      } else if (this.#ended) {
        if (this.#error) throw this.#error;
        return;
      } else await this.#moved.promise;
    }
  }

  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}
