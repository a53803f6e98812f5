import { membersOf, toPackedSet } from "@marketmesh/contracts";
import type { PackedSet } from "@marketmesh/contracts/sets/v1";
import { OrdinalSet } from "@marketmesh/listing-index";
import type { ProjectedKind } from "./projected-kind.ts";

/** Of which kind a set is and what it reflects. */
export interface SetHeader {
  readonly kind: Pick<ProjectedKind, "name" | "epoch">;
  readonly feedSeq: bigint;
}

/** The message of a set, in whichever encoding is smaller. */
export function toSet({ kind, feedSeq }: SetHeader, set: OrdinalSet): PackedSet {
  const { encoding, bytes } = set.toBytes();
  return toPackedSet(
    { kind: kind.name, ordinalEpoch: kind.epoch, feedSeq },
    { encoding: encoding === "BITMAP" ? "bitmap" : "array", bytes, count: set.size },
  );
}

/** The members of a set that was sent; undefined where its bytes are no set. */
export function ordinalsOf(set: PackedSet): OrdinalSet | undefined {
  const members = membersOf(set);
  if (members === undefined) return undefined;
  const { encoding, bytes } = members;
  try {
    return OrdinalSet.fromBytes({ encoding: encoding === "bitmap" ? "BITMAP" : "ARRAY_U32_LE", bytes });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
