import type { Listing } from "@marketmesh/contracts/catalog/v1";
import type { FeedPosition } from "@marketmesh/events";
import { rowOfListing } from "./listing-rows.ts";
import type { ProjectedKind } from "./projected-kind.ts";
import type { Snapshot } from "./snapshot.ts";

/** More changes of a kind that is being loaded are not kept: the projection starts over. */
const heldMax = 200_000;

/** A kind that is being exported because we do not have it, or not in the version or epoch that is wanted. */
interface Load {
  readonly kind: string;
  /** Changes that came meanwhile; versions tell which of them the export has. */
  readonly held: Listing[];
  /** The least version of the kind that will do. */
  versionMin: bigint;
  /** Changes up to here are not held: an export of an earlier state lacks some of them. */
  readonly since: FeedPosition | undefined;
}

/** What an export of one kind found. */
export interface ExportedKind {
  /** Where the feed stood. */
  readonly position: FeedPosition;
  /** Undefined: the catalog had no such kind. */
  readonly kind: ProjectedKind | undefined;
}

/**
 * The listings of all markets in memory, as plain state: snapshots and changes go in, kinds come out. A change of a
 * kind that is unknown, or newer than what we have, asks for an export of that kind and waits for it.
 */
export class Projection {
  #kinds = new Map<string, ProjectedKind>();
  #loads = new Map<string, Load>();
  #position: FeedPosition | undefined;

  get position(): FeedPosition | undefined {
    return this.#position;
  }

  get kinds(): ReadonlyMap<string, ProjectedKind> {
    return this.#kinds;
  }

  /** The kind, complete up to the position; undefined while it is not. */
  kind(name: string): ProjectedKind | undefined {
    return this.#loads.has(name) ? undefined : this.#kinds.get(name);
  }

  /** Whether an export of the kind is wanted or under way. */
  loading(name: string): boolean {
    return this.#loads.has(name);
  }

  /** Takes the place of everything that is there. */
  replace({ position, kinds }: Snapshot): void {
    this.#kinds = kinds;
    this.#position = position;
    // A load that is under way misses what lies between its export and this one.
    this.#loads = new Map();
  }

  /** Applies changes in feed order, the last of them at the position. */
  apply(listings: readonly Listing[], position: FeedPosition): void {
    for (const listing of listings) this.#applyOne(listing, position);
    this.#position = position;
  }

  /** Asks for an export of a kind. */
  want(name: string, versionMin = 0n): void {
    const load = this.#loads.get(name);
    if (load === undefined)
      this.#loads.set(name, { kind: name, held: [], versionMin, since: this.#position });
    else if (load.versionMin < versionMin) load.versionMin = versionMin;
  }

  /** A kind whose export is wanted. Hand back what came of it with `loaded`. */
  get nextLoad(): Readonly<Pick<Load, "kind">> | undefined {
    return this.#loads.values().next().value;
  }

  /**
   * Takes the export of a kind, also that there is none. False when it came in vain: it is older than what was wanted or than what
   * was applied when it was asked for, or everything was replaced meanwhile.
   */
  loaded(wanted: Readonly<Pick<Load, "kind">>, { position, kind }: ExportedKind): boolean {
    const { kind: name } = wanted;
    const load = this.#loads.get(name);
    if (load === undefined || load !== wanted) return false;
    const { held, versionMin, since } = load;
    if (since !== undefined && isBefore(position, since)) return false;
    if (kind !== undefined && kind.version < versionMin) return false;
    this.#loads.delete(name);
    if (kind === undefined) return true;
    this.#kinds.set(name, kind);
    for (const listing of held) this.#applyOne(listing, this.#position);
    return true;
  }

  #applyOne(listing: Listing, since: FeedPosition | undefined): void {
    const { kind: name, kindVersion, ordinalEpoch } = listing;
    const load = this.#loads.get(name);
    if (load !== undefined) {
      if (load.held.length >= heldMax)
        throw new Error(`more than ${heldMax} changes of ${name} wait for its export`);
      load.held.push(listing);
      if (load.versionMin < kindVersion) load.versionMin = kindVersion;
      return;
    }
    const kind = this.#kinds.get(name);
    if (kind === undefined || kindVersion > kind.version || ordinalEpoch > kind.epoch) {
      this.#loads.set(name, { kind: name, held: [listing], versionMin: kindVersion, since });
      return;
    }
    if (ordinalEpoch === kind.epoch) kind.apply(rowOfListing(kind.types, listing));
  }
}

function isBefore(one: FeedPosition, other: FeedPosition): boolean {
  return one.epoch === other.epoch ? one.feedSeq < other.feedSeq : one.epoch < other.epoch;
}
