import { namePatterns, parseName } from "@marketmesh/contracts";
import { type Kind, Side } from "@marketmesh/contracts/catalog/v1";
import { ListingIndex } from "@marketmesh/listing-index";
import type { Accessor, Attributes, SideTypes, Value } from "@marketmesh/rules";
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
    this.#accessors = open.map(([name]) => [name, this.index.accessor(name)]);
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
