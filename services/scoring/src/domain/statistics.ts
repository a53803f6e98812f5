import type { Overlap } from "@marketmesh/ranking";

/** An attribute whose strings are counted. */
export interface CountedRef {
  /** The id of a kind. */
  readonly kind: string;
  readonly attribute: string;
}

/** Statistics at one version, without their counts. */
export interface StatisticsHead {
  readonly market: string;
  readonly id: string;
  /** From 1. */
  readonly version: bigint;
  readonly attributes: readonly CountedRef[];
  /** N: listings counted. */
  readonly documentCount: number;
  readonly termCount: number;
  /** Position in the listing feed that was counted. */
  readonly feedSeq: bigint;
  readonly updateTime: Date;
}

/**
 * The statistics by which an overlap between two kinds weighs: those that count both of its attributes; of several those that
 * count the fewest attributes, then those of the lowest id, bytewise. `heads` ascend by id.
 */
export function statisticsFor(
  overlap: Pick<Overlap, "supplyAttribute" | "demandAttribute">,
  kinds: { readonly supplyKind: string; readonly demandKind: string },
  heads: readonly StatisticsHead[],
): StatisticsHead | undefined {
  const counts = ({ attributes }: StatisticsHead, kind: string, attribute: string) =>
    attributes.some((ref) => ref.kind === kind && ref.attribute === attribute);
  let best: StatisticsHead | undefined;
  for (const head of heads) {
    const fits =
      counts(head, kinds.supplyKind, overlap.supplyAttribute) &&
      counts(head, kinds.demandKind, overlap.demandAttribute);
    if (fits && (best === undefined || head.attributes.length < best.attributes.length)) best = head;
  }
  return best;
}
