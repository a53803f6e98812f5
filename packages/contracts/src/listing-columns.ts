import { create } from "@bufbuild/protobuf";
import {
  type ColumnReader,
  type ColumnValue,
  type ColumnWriter,
  columnReader,
  columnWriter,
  Dictionary,
} from "./attribute-columns.ts";
import { type ListingBlock, ListingBlockSchema } from "./gen/marketmesh/catalog/v1/export_pb.ts";
import type { Listing_Audience, Listing_State } from "./gen/marketmesh/catalog/v1/listing_pb.ts";

/** One listing of a block, as a plain value. */
export interface ListingColumnsRow {
  /** Catalog's number for it, unique within the kind's epoch. */
  readonly ordinal: number;
  /** The name without `markets/{market}/listings/`. */
  readonly id: string;
  /** From 1; below 2^53. */
  readonly version: number;
  readonly state: Listing_State;
  /** Party id; empty when the market itself owns it. */
  readonly owner: string;
  readonly audience: Listing_Audience;
  /** Party ids. */
  readonly audienceParties: readonly string[];
  /** Units of capacity; -1 means unlimited. */
  readonly capacityUnits: number;
  /** Empty for none. */
  readonly exclusiveGroup: string;
  /** Group name to value; groups without a value are left out. */
  readonly groups: Readonly<Record<string, string>>;
  /** As JSON gives them, personal ones left out: timestamps are strings. */
  readonly attributes: Readonly<Record<string, ColumnValue>>;
}

/** At most this many listings in a block. */
export const blockRowsMax = 1_000;

const none: readonly string[] = Object.freeze([]);

/**
 * Packs listings of one kind, ascending by ordinal, into columns.
 *
 * Throws a RangeError for more than 1,000 rows, descending ordinals, or an attribute with two types.
 */
export function encodeListingBlock(
  kind: string,
  ordinalEpoch: bigint,
  rows: readonly ListingColumnsRow[],
): ListingBlock {
  checkOrder(rows);
  const owners = new Dictionary();
  owners.codeOf("");
  const anyParties = rows.some((row) => row.audienceParties.length > 0);
  const anyExclusive = rows.some((row) => row.exclusiveGroup !== "");
  return create(ListingBlockSchema, {
    kind,
    ordinalEpoch,
    ordinals: rows.map((row) => row.ordinal),
    ids: rows.map((row) => row.id),
    versions: rows.map((row) => BigInt(row.version)),
    states: Uint8Array.from(rows, (row) => row.state),
    owners: rows.map((row) => owners.codeOf(row.owner)),
    ownerDictionary: owners.words,
    audiences: Uint8Array.from(rows, (row) => row.audience),
    audienceParties: anyParties ? rows.flatMap((row) => row.audienceParties) : [],
    audiencePartyCounts: anyParties ? rows.map((row) => row.audienceParties.length) : [],
    capacityUnits: rows.map((row) => BigInt(row.capacityUnits)),
    exclusiveGroups: anyExclusive ? rows.map((row) => row.exclusiveGroup) : [],
    groups: groupColumns(rows),
    attributes: attributeColumns(rows),
  });
}

function checkOrder(rows: readonly ListingColumnsRow[]): void {
  if (rows.length > blockRowsMax) throw new RangeError(`a block holds at most ${blockRowsMax} listings`);
  let last = -1;
  for (const { ordinal } of rows) {
    if (ordinal <= last) throw new RangeError("the listings of a block ascend by ordinal");
    last = ordinal;
  }
}

function groupColumns(rows: readonly ListingColumnsRow[]) {
  const names = new Set<string>();
  for (const row of rows) for (const group of Object.keys(row.groups)) names.add(group);
  return [...names].sort().map((group) => ({
    group,
    values: rows.map(({ groups }) => (Object.hasOwn(groups, group) ? (groups[group] as string) : "")),
  }));
}

function attributeColumns(rows: readonly ListingColumnsRow[]) {
  const writers = new Map<string, ColumnWriter>();
  for (const [at, { attributes }] of rows.entries()) {
    for (const attribute of Object.keys(attributes)) {
      let writer = writers.get(attribute);
      if (writer === undefined) {
        writer = columnWriter(attribute);
        writers.set(attribute, writer);
      }
      writer.put(at, attributes[attribute] as ColumnValue);
    }
  }
  // Sorted, so that equal listings make equal blocks.
  return [...writers.keys()].sort().map((name) => (writers.get(name) as ColumnWriter).finish(rows.length));
}

/**
 * Reads a block listing by listing, in order. Each row and its `attributes` are new objects that may be kept; strings are
 * shared with the block's dictionaries.
 *
 * Throws a RangeError when a column is shorter than `ordinals`.
 */
export function* decodeListingBlock(block: ListingBlock): Generator<ListingColumnsRow, void, undefined> {
  const attributes: [string, ColumnReader][] = block.attributes.map((column) => [
    column.attribute,
    columnReader(column),
  ]);
  const partiesOf = audiencePartiesReader(block);
  checkLengths(block);
  for (let at = 0; at < block.ordinals.length; at += 1) {
    yield {
      ordinal: block.ordinals[at] as number,
      id: block.ids[at] as string,
      version: Number(block.versions[at]),
      state: block.states[at] as Listing_State,
      owner: block.ownerDictionary[block.owners[at] as number] ?? "",
      audience: block.audiences[at] as Listing_Audience,
      audienceParties: partiesOf(at),
      capacityUnits: Number(block.capacityUnits[at]),
      exclusiveGroup: block.exclusiveGroups[at] ?? "",
      groups: groupsAt(block, at),
      attributes: attributesAt(attributes, at),
    };
  }
}

function checkLengths(block: ListingBlock): void {
  const { length } = block.ordinals;
  const columns = [
    block.ids,
    block.versions,
    block.states,
    block.owners,
    block.audiences,
    block.capacityUnits,
  ];
  if (columns.some((column) => column.length !== length)) {
    throw new RangeError("the columns of a block differ in length");
  }
}

function audiencePartiesReader(block: ListingBlock): (at: number) => readonly string[] {
  let from = 0;
  return (at) => {
    const count = block.audiencePartyCounts[at] ?? 0;
    if (count === 0) return none;
    const parties = block.audienceParties.slice(from, from + count);
    from += count;
    return parties;
  };
}

function groupsAt({ groups }: ListingBlock, at: number): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { group, values } of groups) {
    const value = values[at];
    if (value !== undefined && value !== "") found[group] = value;
  }
  return found;
}

// Attribute names are the kind's, and none may be `__proto__`: the catalog's name rule forbids it.
function attributesAt(readers: readonly [string, ColumnReader][], at: number): Record<string, ColumnValue> {
  const found: Record<string, ColumnValue> = {};
  for (const [attribute, read] of readers) {
    const value = read(at);
    if (value !== undefined) found[attribute] = value;
  }
  return found;
}
