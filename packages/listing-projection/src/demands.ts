import { namePatterns } from "@marketmesh/contracts";
import type { Viewer } from "@marketmesh/listing-index";
import { idsOf } from "@marketmesh/rpc";
import type { Attributes } from "@marketmesh/rules";
import type { ProjectedKind } from "./projected-kind.ts";

/** A demand of a batch: what rules read of it, or why it takes no part. */
export type BatchDemand =
  | { readonly attributes: Attributes; readonly version: bigint; readonly ordinal: number }
  | { readonly absence: "LISTING_NOT_FOUND" | "LISTING_NOT_ACTIVE" };

/**
 * Looks a demand up in the index. Absence is part of a batch's answer, not an error; a viewer learns of any that it cannot see
 * that it was not found. Throws INVALID_ARGUMENT (NAME_INVALID).
 */
export function demandOf(
  kind: ProjectedKind,
  name: string,
  viewer: Viewer | undefined,
  field: string,
): BatchDemand {
  const ids = idsOf(namePatterns.listing, name, field);
  const ordinal = ids.market === kind.market ? kind.index.ordinalOf(ids.listing) : undefined;
  if (ordinal === undefined) return { absence: "LISTING_NOT_FOUND" };
  if (!kind.index.isVisible(ordinal, viewer)) {
    return { absence: viewer === undefined ? "LISTING_NOT_ACTIVE" : "LISTING_NOT_FOUND" };
  }
  const version = BigInt(kind.index.versionOf(ordinal) ?? 0);
  return { attributes: kind.attributesAt(ordinal), version, ordinal };
}
