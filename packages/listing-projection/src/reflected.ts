import type { Revision } from "@marketmesh/contracts";
import type { FeedPosition } from "@marketmesh/events";
import type { ProjectedKind } from "./projected-kind.ts";

/** Whether what a revision names is applied. `kinds` are those of its market that are complete up to the position. */
export function reflected(
  revision: Revision,
  position: FeedPosition | undefined,
  kinds: () => readonly ProjectedKind[],
): boolean {
  if (position === undefined) return false;
  // Of a life of the feed that is over, what survived is in the export that began the new one.
  if (revision.feedEpoch !== position.epoch) return revision.feedEpoch < position.epoch;
  if (revision.of === "feed") return position.feedSeq >= revision.feedSeq;
  return kinds().some(({ index }) => {
    const ordinal = index.ordinalOf(revision.listingId);
    return ordinal !== undefined && (index.versionOf(ordinal) ?? 0) >= Number(revision.version);
  });
}
