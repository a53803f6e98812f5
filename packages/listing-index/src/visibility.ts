import { Bitmap } from "./bitmap.ts";
import { Dictionary } from "./dictionary.ts";
import { grownUint32 } from "./growth.ts";
import type { ListingRow, Viewer } from "./listing-row.ts";
import { OrdinalSet } from "./ordinal-set.ts";
import { Postings } from "./postings.ts";

/** Which rows are active, and who may see them. */
export class Visibility {
  readonly active = new Bitmap();
  readonly #public = new Bitmap();
  readonly #parties = new Dictionary();
  /** Active rows that a party owns or is in the audience of. */
  readonly #rowsOf = new Postings();
  #owners: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  readonly #audiences = new Map<number, readonly number[]>();

  /** Puts an active row in; it must be out. */
  show({ ordinal, owner, audience, audienceParties }: ListingRow): void {
    const ownerId = this.#parties.intern(owner);
    this.#owners = grownUint32(this.#owners, ordinal + 1);
    this.#owners[ordinal] = ownerId;
    this.active.add(ordinal);
    this.#rowsOf.add(ownerId, ordinal);
    if (audience === "PUBLIC") this.#public.add(ordinal);
    if (audience !== "PARTIES") return;
    const ids = audienceParties.map((party) => this.#parties.intern(party));
    this.#audiences.set(ordinal, ids);
    for (const id of ids) this.#rowsOf.add(id, ordinal);
  }

  /** Takes a row out; one that is out already stays out. */
  hide(ordinal: number): void {
    if (!this.active.has(ordinal)) return;
    this.active.delete(ordinal);
    this.#public.delete(ordinal);
    this.#rowsOf.delete(this.#owners[ordinal]!, ordinal);
    for (const id of this.#audiences.get(ordinal) ?? []) this.#rowsOf.delete(id, ordinal);
    this.#audiences.delete(ordinal);
  }

  /** Whether a row is active and the viewer may see it. */
  isVisibleTo(ordinal: number, viewer: Viewer | undefined): boolean {
    if (!this.active.has(ordinal)) return false;
    if (viewer === undefined || this.#public.has(ordinal)) return true;
    const party = this.#parties.idOf(viewer.party);
    if (party === 0) return false;
    return this.#owners[ordinal] === party || (this.#audiences.get(ordinal)?.includes(party) ?? false);
  }

  /** The active rows that a viewer may see: a view that lasts until the next write. */
  visibleTo(viewer: Viewer | undefined): OrdinalSet {
    if (viewer === undefined) return OrdinalSet.viewOf(this.active);
    const own = this.#rowsOf.of(this.#parties.idOf(viewer.party));
    if (own.length === 0) return OrdinalSet.viewOf(this.#public);
    const visible = this.#public.copy();
    for (const row of own) visible.add(row);
    return OrdinalSet.viewOf(visible);
  }
}
