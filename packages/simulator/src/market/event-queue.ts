/** What happens, in the order in which it happens at one moment. */
export const eventKinds = ["LEAVE", "NO_SHOW", "ANSWER", "EXPIRE", "ARRIVE", "ROUND"] as const;
export type EventKind = (typeof eventKinds)[number];

export interface MarketEvent {
  /** Seconds from the start. */
  readonly time: number;
  readonly kind: EventKind;
  /** Whom it is about: a position, the number of an offer, of a round. */
  readonly subject: number;
  /** Of ARRIVE and LEAVE. */
  readonly side?: "DEMAND" | "SUPPLY";
}

const rankOf = Object.fromEntries(eventKinds.map((kind, rank) => [kind, rank])) as Record<EventKind, number>;

function before(a: MarketEvent, b: MarketEvent): boolean {
  const order =
    a.time - b.time || rankOf[a.kind] - rankOf[b.kind] || sideRank(a) - sideRank(b) || a.subject - b.subject;
  return order < 0;
}

function sideRank({ side }: MarketEvent): number {
  return side === "SUPPLY" ? 1 : 0;
}

/** Events by time, then kind, then subject: the order never depends on when they were put in. A binary heap. */
export class EventQueue {
  readonly #heap: MarketEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(event: MarketEvent): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  /** The next event; undefined when there is none. */
  pop(): MarketEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
