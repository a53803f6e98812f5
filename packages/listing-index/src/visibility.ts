import { Bitmap } from "./bitmap.ts";
import { Dictionary } from "./dictionary.ts";
import { grownUint32 } from "./growth.ts";
import type { Counterpart, ListingRow, Viewer } from "./listing-row.ts";
import { OrdinalSet } from "./ordinal-set.ts";
import { Postings } from "./postings.ts";

const nobody: readonly number[] = [];

/** Which rows are active, and who may see them. */
export class Visibility {
  readonly active = new Bitmap();
  readonly #public = new Bitmap();
  readonly #parties = new Dictionary();
  /** Active rows of the market itself. */
  readonly #market = new Bitmap();
  /** Active rows of each party. */
  readonly #owned = new Postings();
  /** Active rows that are not PUBLIC, by the parties that own them or are in their audience. */
  readonly #hiddenFromOthers = new Postings();
  #owners: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Of every row held that is not PUBLIC: who may see it besides its owner. */
  readonly #audiences = new Map<number, readonly number[]>();

  /** Puts a row in; it must be out. */
  put({ ordinal, owner, audience, audienceParties, active }: ListingRow): void {
    const ownerId = this.#parties.intern(owner);
    this.#owners = grownUint32(this.#owners, ordinal + 1);
    this.#owners[ordinal] = ownerId;
    if (audience !== "PUBLIC") {
      const named = audience === "PARTIES" && audienceParties.length > 0;
      this.#audiences.set(
        ordinal,
        named ? audienceParties.map((party) => this.#parties.intern(party)) : nobody,
      );
    }
    if (!active) return;
    this.active.add(ordinal);
    if (owner === "") this.#market.add(ordinal);
    else this.#owned.add(ownerId, ordinal);
    const audienceIds = this.#audiences.get(ordinal);
    if (audienceIds === undefined) this.#public.add(ordinal);
    else for (const id of [ownerId, ...audienceIds]) this.#hiddenFromOthers.add(id, ordinal);
  }

  /** Takes a row out; one that is out already stays out. */
  take(ordinal: number): void {
    const audienceIds = this.#audiences.get(ordinal);
    this.#audiences.delete(ordinal);
    if (!this.active.has(ordinal)) return;
    this.active.delete(ordinal);
    this.#public.delete(ordinal);
    this.#market.delete(ordinal);
    const ownerId = this.#owners[ordinal]!;
    this.#owned.delete(ownerId, ordinal);
    if (audienceIds === undefined) return;
    for (const id of [ownerId, ...audienceIds]) this.#hiddenFromOthers.delete(id, ordinal);
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
    const own = this.#hiddenFromOthers.of(this.#parties.idOf(viewer.party));
    if (own.length === 0) return OrdinalSet.viewOf(this.#public);
    const visible = this.#public.copy();
    for (const row of own) visible.add(row);
    return OrdinalSet.viewOf(visible);
  }

  /** The active rows whose owners may see the counterpart, and that its owner may see: a view, as above. */
  openTo(counterpart: Counterpart): OrdinalSet {
    const { owner, audience, audienceParties } = counterpart;
    const seen = this.visibleTo(owner === "" ? undefined : { party: owner });
    if (audience === "PUBLIC") return seen;
    const named = audience === "PARTIES" ? audienceParties : [];
    const theirs = this.#market.copy();
    for (const party of [owner, ...named]) {
      for (const row of this.#owned.of(this.#parties.idOf(party))) theirs.add(row);
    }
    return seen.intersect(OrdinalSet.viewOf(theirs));
  }

  /** Whose a row that is held is, active or not, and who may see it. */
  counterpart(ordinal: number): Counterpart {
    const owner = this.#parties.textOf(this.#owners[ordinal] ?? 0);
    const ids = this.#audiences.get(ordinal);
    if (ids === undefined) return { owner, audience: "PUBLIC", audienceParties: [] };
    const audienceParties = ids.map((id) => this.#parties.textOf(id));
    return { owner, audience: audienceParties.length > 0 ? "PARTIES" : "PRIVATE", audienceParties };
  }
}
