import type { Accessor, Columns, Residual, SideTypes } from "@marketmesh/rules";
import { type Column, columnOf } from "./column.ts";
import { grownFloat64 } from "./growth.ts";
import type { Considering, Counterpart, ListingRow, Viewer } from "./listing-row.ts";
import { type OrdinalSet, ordinalLimit } from "./ordinal-set.ts";
import { PostingCounter } from "./posting-counter.ts";
import { narrow } from "./selection.ts";
import type { StringListColumn } from "./string-list-column.ts";
import { oneOfCodes, sharedCount } from "./string-matching.ts";
import { Visibility } from "./visibility.ts";

/** Whether a write changed the index; `stale` if it already knew that version or a later one. */
export type Applied = "applied" | "stale";

/** How many listings were left by each rule in turn, and which are left by all. */
export interface Funnel {
  /** Active listings that the viewer may see and that are open to the counterpart. */
  readonly considered: number;
  /** After rule 1, after rules 1 and 2, and so on. */
  readonly remaining: readonly number[];
  readonly set: OrdinalSet;
}

/**
 * The listings of one market, kind and epoch in memory: one typed column for each attribute that is not personal,
 * postings for strings, and who may see what. Rows are addressed by ordinal.
 *
 * Accessors and other readers taken from it follow later writes, except that values which first appear after
 * `oneOf` or `sharedCount` was asked for are not found by it: take readers for one piece of work.
 */
export class ListingIndex implements Columns {
  readonly kind: string;
  readonly epoch: number;
  readonly counter = new PostingCounter();
  readonly #columns = new Map<string, Column>();
  readonly #visibility = new Visibility();
  /** By ordinal; -1 where nothing was ever heard of. A removed row keeps its version, so that older news is stale. */
  #versions: Float64Array<ArrayBuffer> = new Float64Array(0);
  readonly #ids: (string | undefined)[] = [];
  readonly #ordinals = new Map<string, number>();

  constructor(types: SideTypes, { kind, epoch }: { readonly kind: string; readonly epoch: number }) {
    this.kind = kind;
    this.epoch = epoch;
    for (const [name, { type, personal }] of types) if (!personal) this.#columns.set(name, columnOf(type));
  }

  /** Listings held, active or not. */
  get rows(): number {
    return this.#ordinals.size;
  }

  /** Listings that can be selected. */
  get activeRows(): number {
    return this.#visibility.active.size;
  }

  /** One more than the largest ordinal ever heard of. */
  get ordinalEnd(): number {
    return this.#ids.length;
  }

  /**
   * Inserts or replaces a listing. Throws RangeError for an ordinal out of bounds and Error where an ordinal or an id
   * belongs to another listing, which would break what ordinals promise within an epoch.
   */
  apply(row: ListingRow): Applied {
    const { ordinal, id, version, active } = row;
    if (version <= this.#versionKnown(ordinal)) return "stale";
    this.#refuseConflict(ordinal, id);
    this.#moveTo(ordinal, version);
    this.#name(ordinal, id);
    const posted = { before: this.#visibility.active.has(ordinal), after: active };
    this.#visibility.take(ordinal);
    for (const [name, column] of this.#columns) {
      const value = Object.hasOwn(row.attributes, name) ? row.attributes[name] : undefined;
      column.write(ordinal, value, posted);
    }
    this.#visibility.put(row);
    return "applied";
  }

  /** Forgets a listing; a row that was never seen is remembered as removed at that version. */
  remove(ordinal: number, version: number): Applied {
    if (version <= this.#versionKnown(ordinal)) return "stale";
    this.#moveTo(ordinal, version);
    const id = this.#ids[ordinal];
    if (id === undefined) return "applied";
    const posted = { before: this.#visibility.active.has(ordinal), after: false };
    this.#visibility.take(ordinal);
    for (const column of this.#columns.values()) column.write(ordinal, undefined, posted);
    this.#ordinals.delete(id);
    this.#ids[ordinal] = undefined;
    return "applied";
  }

  idOf(ordinal: number): string | undefined {
    return this.#ids[ordinal];
  }

  ordinalOf(id: string): number | undefined {
    return this.#ordinals.get(id);
  }

  /** The version that was last applied to, or removed, a row. */
  versionOf(ordinal: number): number | undefined {
    const version = this.#versions[ordinal];
    return version === undefined || version < 0 ? undefined : version;
  }

  /** Whether the listing is active and the viewer may see it: whether `select` could give it. */
  isVisible(ordinal: number, viewer?: Viewer): boolean {
    return this.#visibility.isVisibleTo(ordinal, viewer);
  }

  /** Whose a listing that is held is and who may see it: what rows of the other side are paired with. */
  counterpart(ordinal: number): Counterpart {
    return this.#visibility.counterpart(ordinal);
  }

  /** Of the active listings that are considered, those for which the residual is true. */
  select(residual: Residual, considering?: Considering): OrdinalSet {
    return this.funnel([residual], considering).set;
  }

  /** The same for the rules of a policy in their order, counting what each leaves. */
  funnel(residuals: readonly Residual[], considering: Considering = {}): Funnel {
    const visible = this.#considered(considering);
    const remaining: number[] = [];
    let set = visible;
    for (const residual of residuals) {
      set = narrow(this, residual, true, set);
      remaining.push(set.size);
    }
    return { considered: visible.size, remaining, set: set === visible ? set.copy() : set };
  }

  accessor(attribute: string): Accessor {
    return this.column(attribute).read;
  }

  sharedCount(attribute: string, values: readonly string[]): (row: number) => number | undefined {
    return sharedCount(this.stringList(attribute), values);
  }

  oneOf(attribute: string, values: readonly string[]): (row: number) => boolean | undefined {
    const column = this.column(attribute);
    if (column.kind !== "string") throw new TypeError(`${attribute} is ${column.kind}, not string`);
    return oneOfCodes(column, values);
  }

  /** The column of an attribute. Throws RangeError for one that the kind does not declare or that is personal. */
  column(attribute: string): Column {
    const column = this.#columns.get(attribute);
    if (column === undefined) throw new RangeError(`${this.kind} has no indexed attribute ${attribute}`);
    return column;
  }

  /** The lists of a string list attribute as dictionary ids. */
  stringList(attribute: string): StringListColumn {
    const column = this.column(attribute);
    if (column.kind !== "list<string>")
      throw new TypeError(`${attribute} is ${column.kind}, not list<string>`);
    return column;
  }

  /** In how many active listings each value of a string or string list attribute occurs. */
  documentFrequencies(attribute: string): Map<string, number> {
    const column = this.column(attribute);
    if (column.kind !== "string" && column.kind !== "list<string>") {
      throw new TypeError(`${attribute} is ${column.kind}; frequencies are of strings`);
    }
    const frequencies = new Map<string, number>();
    for (let id = 1; id < column.dictionary.length; id++) {
      const frequency = column.postings.of(id).length;
      if (frequency > 0) frequencies.set(column.dictionary.textOf(id), frequency);
    }
    return frequencies;
  }

  #considered({ viewer, counterpart }: Considering): OrdinalSet {
    if (counterpart === undefined) return this.#visibility.visibleTo(viewer);
    const open = this.#visibility.openTo(counterpart);
    // Its own owner is asking: what it may see is in there already.
    if (viewer === undefined || viewer.party === counterpart.owner) return open;
    return open.intersect(this.#visibility.visibleTo(viewer));
  }

  /** The version last heard of, -1 before the first. */
  #versionKnown(ordinal: number): number {
    if (!Number.isInteger(ordinal) || ordinal < 0 || ordinal >= ordinalLimit) {
      throw new RangeError(`An ordinal is an integer from 0 to ${ordinalLimit - 1}, not ${ordinal}`);
    }
    return this.#versions[ordinal] ?? -1;
  }

  /** Records a new version. */
  #moveTo(ordinal: number, version: number): void {
    this.#versions = grownFloat64(this.#versions, ordinal + 1, -1);
    this.#versions[ordinal] = version;
  }

  #refuseConflict(ordinal: number, id: string): void {
    const holder = this.#ids[ordinal];
    if (holder !== undefined && holder !== id)
      throw new Error(`Ordinal ${ordinal} belongs to another listing`);
    const elsewhere = this.#ordinals.get(id);
    if (elsewhere !== undefined && elsewhere !== ordinal)
      throw new Error(`Listing ${id} has another ordinal`);
  }

  #name(ordinal: number, id: string): void {
    while (this.#ids.length <= ordinal) this.#ids.push(undefined);
    this.#ids[ordinal] = id;
    this.#ordinals.set(id, ordinal);
  }
}
