import type { Listing, ListingContent } from "./listing.ts";
import { contentHash } from "./listing.ts";
import type { CatalogReason } from "./problem.ts";

/** One upload of many listings of one kind, which can be resumed. */
export interface Import {
  readonly market: string;
  readonly id: string;
  readonly kind: string;
  /** Whether new rows become ACTIVE at once. */
  readonly publish: boolean;
  /** Party id of who opened it; empty for the market. */
  readonly party: string;
  readonly state: "OPEN" | "COMPLETE";
  /** Rows 1 to this one are stored or reported as refused. */
  readonly acknowledgedRow: number;
  readonly counts: ImportCounts;
  /** The outbox id of its last fact; undefined while nothing was written. */
  readonly lastEventId: bigint | undefined;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** How many rows had which end. */
export interface ImportCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
}

/** Why a row was refused, without any of its values. */
export interface RowRefusal {
  /** From 1. */
  readonly row: number;
  /** As given, cut to 64 characters. */
  readonly listingId: string;
  readonly field: string;
  readonly reason: CatalogReason | "LISTING_ID_INVALID" | "KIND_MISMATCH";
  readonly description: string;
}

/** Personal attributes, sealed for their owner. */
export interface Sealed {
  readonly sealed: Buffer;
  /** Equal values have equal fingerprints under one key. */
  readonly fingerprint: Buffer;
}

/** A row that is well-formed and valid by its kind. */
export interface PreparedRow {
  readonly row: number;
  readonly id: string;
  /** Party id; empty when the row names none. */
  readonly owner: string;
  readonly content: ListingContent;
  readonly personal: Sealed | undefined;
}

/** What is there already under a row's id. */
export interface Existing {
  readonly listing: Listing;
  readonly fingerprint: Buffer | undefined;
}

/** A listing to be created, before it has a number. */
export type NewListing = Omit<Listing, "ordinal" | "ordinalEpoch">;

/** What a chunk comes to. */
export interface ChunkPlan {
  readonly created: readonly NewListing[];
  readonly updated: readonly Listing[];
  /** By listing id: what is sealed now; undefined removes what was. */
  readonly personal: ReadonlyMap<string, Sealed | undefined>;
  readonly refusals: readonly RowRefusal[];
  /** What each row that was not refused came to, in order. */
  readonly outcomes: readonly RowOutcome[];
}

export interface RowOutcome {
  readonly id: string;
  readonly end: "created" | "updated" | "unchanged";
}

interface Draft {
  readonly existing: Existing | undefined;
  readonly owner: string;
  content: ListingContent;
  hash: Buffer;
  personal: Sealed | undefined;
}

/**
 * Applies rows in order to what exists. An id that stands there twice gets the later row after the earlier, but the outcome
 * is one write: nobody could have seen what was between.
 */
export function planChunk(
  rows: readonly PreparedRow[],
  existing: ReadonlyMap<string, Existing>,
  context: { readonly import: Import; readonly kindVersion: bigint; readonly now: Date },
): ChunkPlan {
  const drafts = new Map<string, Draft>();
  const refusals: RowRefusal[] = [];
  const outcomes: RowOutcome[] = [];
  for (const row of rows) {
    const there = existing.get(row.id);
    const draft = drafts.get(row.id);
    const refusal = there
      ? refusalOf(row, there.listing, context.import)
      : draft && ownerRefusal(row, draft.owner);
    if (refusal) refusals.push(refusal);
    else outcomes.push({ id: row.id, end: applyRow(drafts, row, there) });
  }
  return { ...writesOf(drafts, context), refusals, outcomes };
}

function refusalOf(row: PreparedRow, there: Listing, into: Import): RowRefusal | undefined {
  const refuse = (field: string, reason: RowRefusal["reason"], description: string) => ({
    row: row.row,
    listingId: row.id,
    field,
    reason,
    description,
  });
  if (there.kind !== into.kind)
    return refuse("listing_id", "KIND_MISMATCH", "A listing of this id has another kind.");
  if (there.state === "CLOSED")
    return refuse("listing_id", "LISTING_CLOSED", "A closed listing changes no more.");
  return ownerRefusal(row, there.owner);
}

/** A row is sealed for the owner that it names, so it must be the one that the listing has, or gets in this chunk. */
function ownerRefusal(row: PreparedRow, owner: string): RowRefusal | undefined {
  if (row.owner === "" || row.owner === owner) return undefined;
  const description = "The owner of a listing never changes.";
  return { row: row.row, listingId: row.id, field: "owner", reason: "OWNER_NOT_ALLOWED", description };
}

function applyRow(
  drafts: Map<string, Draft>,
  row: PreparedRow,
  existing: Existing | undefined,
): RowOutcome["end"] {
  const hash = contentHash(row.content);
  const draft = drafts.get(row.id);
  const before = draft ? { hash: draft.hash, fingerprint: draft.personal?.fingerprint } : stateOf(existing);
  const next = { content: row.content, hash, personal: row.personal };
  if (draft) Object.assign(draft, next);
  else drafts.set(row.id, { ...next, existing, owner: existing?.listing.owner ?? row.owner });
  if (before === undefined) return "created";
  return hash.equals(before.hash) && sameBytes(row.personal?.fingerprint, before.fingerprint)
    ? "unchanged"
    : "updated";
}

function stateOf(existing: Existing | undefined) {
  return existing && { hash: existing.listing.contentHash, fingerprint: existing.fingerprint };
}

function writesOf(
  drafts: ReadonlyMap<string, Draft>,
  context: { readonly import: Import; readonly kindVersion: bigint; readonly now: Date },
): Pick<ChunkPlan, "created" | "updated" | "personal"> {
  const created: NewListing[] = [];
  const updated: Listing[] = [];
  const personal = new Map<string, Sealed | undefined>();
  for (const [id, draft] of drafts) {
    const { existing } = draft;
    const personalChanged = !sameBytes(draft.personal?.fingerprint, existing?.fingerprint);
    if (existing === undefined) created.push(newListing(id, draft, context));
    else if (personalChanged || !draft.hash.equals(existing.listing.contentHash)) {
      updated.push(nextVersion(existing.listing, draft, context));
    }
    if (personalChanged) personal.set(id, draft.personal);
  }
  return { created, updated, personal };
}

function newListing(
  id: string,
  draft: Draft,
  { import: into, kindVersion, now }: { import: Import; kindVersion: bigint; now: Date },
): NewListing {
  return {
    market: into.market,
    id,
    kind: into.kind,
    kindVersion,
    state: into.publish ? "ACTIVE" : "DRAFT",
    owner: draft.owner,
    ...draft.content,
    contentHash: draft.hash,
    version: 1n,
    createTime: now,
    updateTime: now,
    publishTime: into.publish ? now : undefined,
  };
}

function nextVersion(
  listing: Listing,
  { content, hash }: Draft,
  { kindVersion, now }: { kindVersion: bigint; now: Date },
): Listing {
  return {
    ...listing,
    ...content,
    contentHash: hash,
    kindVersion,
    version: listing.version + 1n,
    updateTime: now,
  };
}

function sameBytes(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

/** Counts outcomes, without those of ids that turned out to be taken. */
export function countOutcomes(outcomes: readonly RowOutcome[], taken: ReadonlySet<string>): ImportCounts {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
  for (const { id, end } of outcomes) if (!taken.has(id)) counts[end] += 1;
  return counts;
}

/** Moves an import on by a chunk. */
export function advance(
  from: Import,
  chunk: {
    readonly lastRow: number;
    readonly counts: ImportCounts;
    readonly complete: boolean;
    readonly now: Date;
  },
): Import {
  const { counts } = from;
  return {
    ...from,
    state: chunk.complete ? "COMPLETE" : from.state,
    acknowledgedRow: Math.max(from.acknowledgedRow, chunk.lastRow),
    counts: {
      created: counts.created + chunk.counts.created,
      updated: counts.updated + chunk.counts.updated,
      unchanged: counts.unchanged + chunk.counts.unchanged,
      refused: counts.refused + chunk.counts.refused,
    },
    updateTime: chunk.now,
  };
}
