/** What a caller has to have been reflected in an answer: one write of one listing, or all of a feed up to a position. */
export type Revision = ListingRevision | FeedRevision;

export interface ListingRevision {
  readonly of: "listing";
  /** The listing's number within its market and kind's ordinal epoch. */
  readonly ordinal: number;
  readonly listingId: string;
  /** The listing's version after the write, from 1. */
  readonly version: bigint;
  /** The life of the announcing feed's counter. */
  readonly feedEpoch: bigint;
}

/** Everything that the listing feed holds up to a position: what an import has written. */
export interface FeedRevision {
  readonly of: "feed";
  readonly feedEpoch: bigint;
  readonly feedSeq: bigint;
}

const listingFormat = 1;
const feedFormat = 2;

/** The opaque text of a revision: base64url, at most 200 characters. */
export function encodeRevision(revision: Revision): string {
  return Buffer.from(JSON.stringify(partsOf(revision))).toString("base64url");
}

/** The revision that `encodeRevision` wrote; undefined for any other text. */
export function decodeRevision(token: string): Revision | undefined {
  if (token.length > 200) return undefined;
  const parts = parse(token);
  if (!Array.isArray(parts)) return undefined;
  return parts[0] === listingFormat ? listingOf(parts) : feedOf(parts);
}

function partsOf(revision: Revision): unknown[] {
  if (revision.of === "feed") return [feedFormat, String(revision.feedEpoch), String(revision.feedSeq)];
  const { ordinal, listingId, version, feedEpoch } = revision;
  return [listingFormat, ordinal, listingId, String(version), String(feedEpoch)];
}

function listingOf(parts: readonly unknown[]): ListingRevision | undefined {
  if (parts.length !== 5) return undefined;
  const [, ordinal, listingId, version, feedEpoch] = parts;
  if (typeof ordinal !== "number" || !Number.isSafeInteger(ordinal) || ordinal < 0) return undefined;
  if (typeof listingId !== "string" || !isCount(version) || !isCount(feedEpoch)) return undefined;
  return { of: "listing", ordinal, listingId, version: BigInt(version), feedEpoch: BigInt(feedEpoch) };
}

function feedOf(parts: readonly unknown[]): FeedRevision | undefined {
  if (parts.length !== 3 || parts[0] !== feedFormat) return undefined;
  const [, feedEpoch, feedSeq] = parts;
  if (!isCount(feedEpoch) || !isCount(feedSeq)) return undefined;
  return { of: "feed", feedEpoch: BigInt(feedEpoch), feedSeq: BigInt(feedSeq) };
}

function isCount(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,19}$/.test(value);
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return undefined;
  }
}
