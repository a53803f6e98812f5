import { announce } from "@marketmesh/events";
import { scopeOf, type Tx } from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import {
  advance,
  type ChunkPlan,
  countOutcomes,
  type Existing,
  type Import,
  type ImportCounts,
  type PreparedRow,
  planChunk,
  type RowRefusal,
} from "../domain/import.ts";
import type { Listing } from "../domain/listing.ts";
import { listingFact } from "../events/listing-facts.ts";
import { numbersOf, type Ordinals } from "../ordinals.ts";
import type { Deps } from "../rpc/deps.ts";
import { addImportErrors, lockImport, saveImport } from "../storage/import-store.ts";
import { findListings, insertListings, lockListings, saveListings } from "../storage/listing-store.ts";
import { removePersonal, type SealedAttributes, savePersonal } from "../storage/personal-store.ts";
import type { PreparedRows } from "./prepare-rows.ts";

/** One chunk, checked. */
export interface Chunk extends PreparedRows {
  /** The number of its last row, refused or not; 0 for a chunk without rows. */
  readonly lastRow: number;
  readonly complete: boolean;
}

/** Which import a chunk belongs to, and what its rows were checked by. */
export interface ChunkContext {
  readonly market: string;
  readonly importId: string;
  readonly caller: Caller;
  readonly kindVersion: bigint;
  readonly signal: AbortSignal;
}

type Uses = Pick<Deps, "database" | "ordinals" | "now">;

/**
 * Stores a chunk: its rows, their facts and how far the import came, in one transaction. Rows that another stream has stored
 * meanwhile are skipped. Undefined when the import is not there; an import that is complete is returned as it is.
 *
 * Locks: the import, then its listings in (bucket, id) order.
 */
export function storeChunk(deps: Uses, chunk: Chunk, context: ChunkContext): Promise<Import | undefined> {
  const { market, importId, caller, signal } = context;
  return deps.database.transaction(
    scopeOf(caller, market),
    async (tx) => {
      const locked = await lockImport(tx, market, importId);
      if (!locked || locked.state === "COMPLETE") return locked;
      const fresh = <T extends { readonly row: number }>(rows: readonly T[]) =>
        rows.filter(({ row }) => row > locked.acknowledgedRow);
      const now = deps.now();
      const stored = await storeRows(deps, tx, fresh(chunk.rows), {
        import: locked,
        kindVersion: context.kindVersion,
        now,
      });
      const refusals = [...fresh(chunk.refusals), ...stored.refusals].sort(
        (one, other) => one.row - other.row,
      );
      await announce(tx, stored.facts);
      await addImportErrors(tx, locked, refusals);
      const counts = { ...stored.counts, refused: refusals.length };
      const next = advance(locked, { lastRow: chunk.lastRow, counts, complete: chunk.complete, now });
      await saveImport(tx, next, stored.facts.length > 0);
      return next;
    },
    { mayRepeat: true, signal },
  );
}

interface Stored {
  readonly facts: ReturnType<typeof listingFact>[];
  readonly refusals: RowRefusal[];
  readonly counts: ImportCounts;
}

interface StoreContext {
  readonly import: Import;
  readonly kindVersion: bigint;
  readonly now: Date;
}

async function storeRows(
  deps: Pick<Deps, "ordinals">,
  tx: Tx,
  rows: readonly PreparedRow[],
  context: StoreContext,
): Promise<Stored> {
  const first = await applyRows(deps.ordinals, tx, rows, context);
  if (first.taken.size === 0) return first;
  // Ids that were free a moment ago: another writer has them now, or an owner that this caller does not see.
  const again = rows.filter(({ id }) => first.taken.has(id));
  const second = await applyRows(deps.ordinals, tx, again, context);
  const refusals = await takenRefusals(
    tx,
    context.import.market,
    again.filter(({ id }) => second.taken.has(id)),
  );
  return {
    facts: [...first.facts, ...second.facts],
    refusals: [...first.refusals, ...second.refusals, ...refusals],
    counts: sum(first.counts, second.counts),
  };
}

async function applyRows(
  ordinals: Ordinals,
  tx: Tx,
  rows: readonly PreparedRow[],
  context: StoreContext,
): Promise<Stored & { readonly taken: ReadonlySet<string> }> {
  if (rows.length === 0) return { facts: [], refusals: [], counts: nothing, taken: new Set() };
  const { market, kind } = context.import;
  const locked = await lockListings(tx, market, [...new Set(rows.map(({ id }) => id))]);
  const existing = new Map(locked.map((one): [string, Existing] => [one.listing.id, one]));
  const plan = planChunk(rows, existing, context);
  const numbers = numbersOf(await ordinals.take(market, kind, plan.created.length));
  const created = plan.created.map((listing): Listing => ({ ...listing, ...numberFrom(numbers) }));
  // The facts are packed while Postgres works: together they are half of what a chunk costs.
  const [inserted, createdFacts] = await Promise.all([
    insertListings(tx, created),
    factsOf("created", created),
  ]);
  const taken = new Set(created.filter(({ id }) => !inserted.has(id)).map(({ id }) => id));
  const [, updatedFacts] = await Promise.all([
    saveListings(tx, plan.updated),
    factsOf("updated", plan.updated),
  ]);
  const written = [...created, ...plan.updated].filter(({ id }) => !taken.has(id));
  await storePersonal(tx, market, plan, written);
  return {
    facts: [...createdFacts.filter(({ aggregateId }) => !taken.has(aggregateId)), ...updatedFacts],
    refusals: [...plan.refusals],
    counts: countOutcomes(plan.outcomes, taken),
    taken,
  };
}

async function factsOf(name: "created" | "updated", listings: readonly Listing[]) {
  return listings.map((listing) => listingFact(name, listing));
}

async function storePersonal(
  tx: Tx,
  market: string,
  { personal }: ChunkPlan,
  written: readonly Listing[],
): Promise<void> {
  const changed = personal.size === 0 ? [] : written.filter(({ id }) => personal.has(id));
  const sealed: SealedAttributes[] = [];
  const removed: string[] = [];
  for (const { id, owner } of changed) {
    const now = personal.get(id);
    if (now) sealed.push({ id, owner, ...now });
    else removed.push(id);
  }
  await savePersonal(tx, market, sealed);
  await removePersonal(tx, market, removed);
}

function numberFrom(numbers: Generator<{ ordinal: number; ordinalEpoch: bigint }>) {
  const next = numbers.next();
  if (next.done) throw new Error("fewer ordinals were leased than listings are new");
  return next.value;
}

const nothing: ImportCounts = { created: 0, updated: 0, unchanged: 0, refused: 0 };

function sum(one: ImportCounts, other: ImportCounts): ImportCounts {
  return {
    created: one.created + other.created,
    updated: one.updated + other.updated,
    unchanged: one.unchanged + other.unchanged,
    refused: one.refused + other.refused,
  };
}

/** A party does not learn that a listing which it may not see exists. */
async function takenRefusals(tx: Tx, market: string, rows: readonly PreparedRow[]): Promise<RowRefusal[]> {
  if (rows.length === 0) return [];
  const found = await findListings(tx, market, [...new Set(rows.map(({ id }) => id))], false);
  const seen = new Set(found.map(({ listing }) => listing.id));
  return rows.map(({ row, id }) => ({
    ...(seen.has(id) ? exists : notAccessible),
    ...{ row, listingId: id, field: "listing_id" },
  }));
}

const exists = {
  reason: "LISTING_ALREADY_EXISTS",
  description: "The market has a listing of this id that the import may not change.",
} as const;
const notAccessible = {
  reason: "RESOURCE_NOT_ACCESSIBLE",
  description: "The id can't be used by this import.",
} as const;
