import type { Feature, Perspective } from "@marketmesh/ranking";

/** A feature as it is kept: integers of millionths, every default filled in. */
export type StoredFeature = Feature;

/** What of a model its author decides. */
export interface ModelContent {
  readonly perspective: Perspective;
  readonly features: readonly StoredFeature[];
}

/** How one side sees the other, at one version. */
export interface StoredModel extends ModelContent {
  readonly market: string;
  readonly id: string;
  /** The id of a kind. */
  readonly demandKind: string;
  readonly supplyKind: string;
  /** From 1. */
  readonly version: bigint;
  /** The versions of the kinds that the features were checked against. */
  readonly demandKindVersion: bigint;
  readonly supplyKindVersion: bigint;
  readonly createTime: Date;
  /** When this version was made. */
  readonly updateTime: Date;
}

/** Features come from one reader, which writes their fields in one order. */
export function sameFeatures(left: readonly StoredFeature[], right: readonly StoredFeature[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
