import type { MessageInitShape } from "@bufbuild/protobuf";
import { chunks, patiently } from "@marketmesh/client";
import { type Import, Import_State, type ImportRowSchema } from "@marketmesh/contracts/catalog/v1";
import type { ListingRow } from "@marketmesh/markets";
import type { Mesh } from "../mesh.ts";
import { MarketNames } from "./names.ts";
import { jobPatienceMs } from "./patience.ts";

type Source = AsyncIterable<ListingRow> | Iterable<ListingRow>;
type Row = MessageInitShape<typeof ImportRowSchema>;

/**
 * Uploads listings of one kind and publishes them. The rows are read as they are sent, one chunk at a time. A repeat goes on
 * after the last row that was acknowledged; a complete import is left alone. Rows that can be read again, an array or a function
 * that opens them, are gone on with here when the upload breaks.
 */
export async function importListings(
  mesh: Mesh,
  market: string,
  importId: string,
  kind: string,
  rows: Source | (() => Source),
): Promise<Import> {
  const upload = () => uploaded(mesh, market, importId, kind, typeof rows === "function" ? rows() : rows);
  const repeatable = typeof rows === "function" || Array.isArray(rows);
  return announced(mesh, await (repeatable ? patiently(upload, { patienceMs: jobPatienceMs }) : upload()));
}

async function uploaded(
  mesh: Mesh,
  market: string,
  importId: string,
  kind: string,
  rows: Source,
): Promise<Import> {
  const names = new MarketNames(market);
  const request = { kind: names.of("kinds", kind), publish: true };
  const opened = await mesh.catalog.createImport({ parent: names.market, importId, import: request });
  const open = opened.import!;
  if (open.state === Import_State.COMPLETE) return open;
  const messages = messagesOf(names, open, rows);
  const { import: done } = await mesh.catalog.importListings(messages, { timeoutMs: 600_000 });
  return done!;
}

async function* messagesOf(names: MarketNames, { name, acknowledgedRow }: Import, rows: Source) {
  let next = Number(acknowledgedRow) + 1;
  for await (const { first, items } of chunks(after(rows, Number(acknowledgedRow)), { sizeOf, countMax })) {
    const firstRow = BigInt(Number(acknowledgedRow) + first);
    next = Number(firstRow) + items.length;
    yield { import: name, firstRow, rows: items.map((row) => rowMessage(names, row)), complete: false };
  }
  yield { import: name, firstRow: BigInt(next), rows: [], complete: true };
}

// As many as a message may hold.
const countMax = 1_000;

// About what the row is in the message, which must stay below 4 MiB.
const sizeOf = ({ attributes }: ListingRow): number => JSON.stringify(attributes).length;

async function* after<T>(rows: AsyncIterable<T> | Iterable<T>, count: number): AsyncGenerator<T> {
  let number = 0;
  for await (const row of rows) {
    number += 1;
    if (number > count) yield row;
  }
}

function rowMessage(names: MarketNames, row: ListingRow): Row {
  const { units, unlimited, exclusiveGroup } = row.capacity ?? {};
  return {
    listingId: row.id,
    owner: row.owner === undefined ? "" : names.of("parties", row.owner),
    capacity: {
      units: BigInt(units ?? (unlimited ? 0 : 1)),
      unlimited: unlimited ?? false,
      exclusiveGroup: exclusiveGroup ?? "",
    },
    attributes: row.attributes as NonNullable<Row["attributes"]>,
  };
}

const announceLimitMs = 120_000;

/** The import once it has a revision: all its rows are announced, which takes moments. */
async function announced(mesh: Mesh, done: Import): Promise<Import> {
  const giveUp = Date.now() + announceLimitMs;
  for (let current = done; ; ) {
    if (current.revision !== "") return current;
    if (Date.now() > giveUp) throw new Error(`${done.name}: its rows were not announced within 2 minutes`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    current = (await mesh.catalog.getImport({ name: done.name })).import!;
  }
}
