/** The bounds of one message of an upload. */
export interface ChunkRule<Item> {
  /** At most this many items; 500 by default. */
  readonly countMax?: number;
  /** At most about this many bytes; 1 MiB by default. An item that is larger by itself travels alone. */
  readonly bytesMax?: number;
  /** How large an item is in a message, in bytes; without it only the count matters. */
  readonly sizeOf?: (item: Item) => number;
}

/** Some items of a stream, with the number of the first, from 1. */
export interface Chunk<Item> {
  readonly first: number;
  readonly items: readonly Item[];
}

/**
 * Groups items for a client stream, which costs per message and not per item. Reads only what it passes on, so that an
 * upload takes from its source as fast as the server takes from it.
 *
 * @example
 * catalog.importListings(messages(chunks(rows, { sizeOf: (row) => toBinary(ImportRowSchema, row).byteLength })))
 */
export async function* chunks<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
  rule: ChunkRule<Item> = {},
): AsyncGenerator<Chunk<Item>, void, undefined> {
  const { countMax = 500, bytesMax = 1024 * 1024, sizeOf = () => 0 } = rule;
  let items: Item[] = [];
  let bytes = 0;
  let first = 1;
  for await (const item of source) {
    const size = sizeOf(item);
    if (items.length > 0 && (items.length >= countMax || bytes + size > bytesMax)) {
      yield { first, items };
      first += items.length;
      items = [];
      bytes = 0;
    }
    items.push(item);
    bytes += size;
  }
  if (items.length > 0) yield { first, items };
}
