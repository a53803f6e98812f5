import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ExportCapacityLevelsResponseSchema } from "@marketmesh/contracts/allocation/v1";
import { feedPosition } from "@marketmesh/events";
import type { Database, Scope, Tx } from "@marketmesh/postgres";
import { exportLevels } from "../storage/capacity-store.ts";
import { toLevelMessage } from "./capacity-message.ts";

const partSize = 1_000;

type Part = MessageInitShape<typeof ExportCapacityLevelsResponseSchema>;

/**
 * One consistent snapshot, part by part: the transaction stays open while the reader takes them, so that memory holds two
 * parts at most. An export of all markets runs in the background role, one of a market with the caller's eyes.
 */
export async function* exportParts(
  database: Database,
  scope: Scope,
  market: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  const handover = new Handover<Part>();
  const stop = new AbortController();
  const options = {
    isolation: "repeatable read",
    readOnly: true,
    signal: AbortSignal.any([signal, stop.signal]),
  } as const;
  const work = (tx: Tx) => writeParts(tx, market, handover);
  const done =
    market === undefined ? database.background(work, options) : database.transaction(scope, work, options);
  done.then(
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
  #part: T | undefined;
  #ended = false;
  #left = false;
  #error: unknown;
  #moved = Promise.withResolvers<void>();

  async give(part: T): Promise<void> {
    this.#part = part;
    this.#move();
    while (this.#part !== undefined && !this.#left) await this.#moved.promise;
    if (this.#left) throw new Error("the reader left");
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
      if (this.#part !== undefined) {
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
