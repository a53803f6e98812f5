import { namePatterns, parseName } from "@marketmesh/contracts";
import { type Kind, Side } from "@marketmesh/contracts/catalog/v1";
import { ListingIndex, type ListingRow } from "@marketmesh/listing-index";
import type { Accessor, Attributes, SideTypes, Value } from "@marketmesh/rules";
import { ContentChecksum } from "./content-checksum.ts";
import { typesOfKind } from "./kind-types.ts";

/** One kind of one market, at one version of the kind and one epoch of its ordinals, with its listings. */
export class ProjectedKind {
  /** Format: `markets/{market}/kinds/{kind}`. */
  readonly name: string;
  readonly market: string;
  /** The id: the last part of the name. */
  readonly id: string;
  readonly side: "SUPPLY" | "DEMAND";
  readonly version: bigint;
  readonly epoch: bigint;
  readonly types: SideTypes;
  readonly index: ListingIndex;
  readonly #checksum: ContentChecksum;
  readonly #accessors: readonly (readonly [string, Accessor])[];

  constructor(kind: Kind, epoch: bigint) {
    const parsed = parseName(namePatterns.kind, kind.name);
    if (!parsed.ok) throw new Error(parsed.problem.message);
    this.name = kind.name;
    this.market = parsed.ids.market;
    this.id = parsed.ids.kind;
    this.side = kind.side === Side.DEMAND ? "DEMAND" : "SUPPLY";
    this.version = kind.version;
    this.epoch = epoch;
    this.types = typesOfKind(kind);
    this.index = new ListingIndex(this.types, { kind: kind.name, epoch: Number(epoch) });
    const open = [...this.types].filter(([, { personal }]) => !personal);
    this.#checksum = new ContentChecksum(open.map(([name]) => name));
    this.#accessors = open.map(([name]) => [name, this.index.accessor(name)]);
  }

  /** Inserts or replaces a listing; false when it, or a later version, was known. Throws as `ListingIndex.apply` does. */
  apply(row: ListingRow): boolean {
    if (this.index.apply(row) === "stale") return false;
    this.#checksum.put(row);
    return true;
  }

  /** Over the id, version and contents of every listing held, whatever order they came in; 16 hex digits. */
  get checksum(): string {
    return this.#checksum.toString();
  }

  /** What a rule reads of a listing: its attributes that are not personal, by ordinal. */
  attributesAt(ordinal: number): Attributes {
    const attributes: Record<string, Value | undefined> = Object.create(null);
    for (const [name, read] of this.#accessors) {
      const value = read(ordinal);
      if (value !== undefined) attributes[name] = value;
    }
    return attributes;
  }
}
