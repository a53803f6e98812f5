import { invalidField } from "@marketmesh/rpc";
import { refuse } from "../rpc/problem.ts";

/** What one call may bring, and a process keep. */
export const solverLimits = {
  nodesMax: 2_000_000,
  edgesMax: 10_000_000,
  bytesMax: 256 * 1024 * 1024,
} as const;

/** Counts what one call brought, over all of its columns. */
export class Budget {
  #bytes = 0;

  /** Throws GRAPH_TOO_LARGE. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > solverLimits.bytesMax) throw tooLarge("bytesMax", "edges");
  }
}

export function tooLarge(limit: keyof typeof solverLimits, field: string) {
  const most = solverLimits[limit];
  return refuse(
    "GRAPH_TOO_LARGE",
    `the graph is larger than ${limit} ${most}`,
    { [limit]: String(most) },
    field,
  );
}

/** A mistake in what was sent; the cause is a word of the engine, or of this service. */
export function graphInvalid(field: string, cause: string, message: string) {
  return refuse("GRAPH_INVALID", message, { cause }, field);
}

/** One column of numbers of 4 bytes that comes in chunks. */
export class Column {
  readonly #field: string;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(field: string) {
    this.#field = field;
  }

  /** Numbers so far. */
  get length(): number {
    return this.#length;
  }

  /** Takes a chunk of `count` numbers. Throws INVALID_ARGUMENT when it has another length. */
  add(bytes: Uint8Array, count: number, budget: Budget): void {
    if (bytes.length !== count * 4) {
      throw invalidField(this.#field, `${bytes.length} bytes are not ${count} numbers of 4 bytes.`);
    }
    budget.add(bytes.length);
    this.#chunks.push(bytes);
    this.#length += count;
  }

  /** All of it. The processor is little-endian, as the wire: no platform of Node is otherwise. */
  signed(): Int32Array {
    return new Int32Array(this.#whole());
  }

  unsigned(): Uint32Array {
    return new Uint32Array(this.#whole());
  }

  /** In memory that threads share, so that a graph is copied once. */
  #whole(): SharedArrayBuffer {
    const whole = new Uint8Array(new SharedArrayBuffer(this.#length * 4));
    let at = 0;
    for (const chunk of this.#chunks.splice(0)) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole.buffer;
  }
}
