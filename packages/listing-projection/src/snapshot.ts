import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { decodeListingBlock } from "@marketmesh/contracts";
import type { CatalogService, ListingBlock } from "@marketmesh/contracts/catalog/v1";
import type { FeedPosition } from "@marketmesh/events";
import { rowOfBlock } from "./listing-rows.ts";
import { ProjectedKind } from "./projected-kind.ts";

/** What of the catalog a projection reads. */
export type Catalog = Pick<Client<typeof CatalogService>, "exportListings" | "getKind">;

/** Kinds with their listings as they stood at one position of the listing feed. */
export interface Snapshot {
  readonly position: FeedPosition;
  /** By name. */
  readonly kinds: Map<string, ProjectedKind>;
}

/**
 * Reads an export block by block straight into new indexes; no more than a block is held besides. A kind that is not there makes a
 * snapshot without kinds: it too stood at a position.
 */
export async function readSnapshot(
  catalog: Catalog,
  request: { readonly parent: string; readonly kind?: string },
  signal: AbortSignal,
): Promise<Snapshot> {
  const kinds = new Map<string, ProjectedKind>();
  let position: FeedPosition | undefined;
  try {
    for await (const { part } of catalog.exportListings(request, { signal })) {
      if (part.case === "snapshot") position = { epoch: part.value.feedEpoch, feedSeq: part.value.feedSeq };
      else if (part.case === "block") applyBlock(kinds, part.value);
      else if (part.case === "kind" && part.value.kind) {
        const kind = new ProjectedKind(part.value.kind, part.value.ordinalEpoch);
        kinds.set(kind.name, kind);
      }
    }
  } catch (error) {
    const isMissing = error instanceof ConnectError && error.code === Code.NotFound;
    if (!isMissing || position === undefined) throw error;
  }
  if (position === undefined) throw new Error("the export ended before it told where the feed stood");
  return { position, kinds };
}

function applyBlock(kinds: ReadonlyMap<string, ProjectedKind>, block: ListingBlock): void {
  const kind = kinds.get(block.kind);
  if (kind === undefined) throw new Error(`a block of ${block.kind} came before the kind`);
  if (block.ordinalEpoch !== kind.epoch) throw new Error(`a block of ${block.kind} is of another epoch`);
  for (const row of decodeListingBlock(block)) kind.apply(rowOfBlock(kind.types, row));
}
