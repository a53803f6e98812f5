/** What a caller has to have been reflected in an answer: one write of one listing. */
export interface Revision {
  /** The listing's number within its market and kind's ordinal epoch. */
  readonly ordinal: number;
  readonly listingId: string;
  /** The listing's version after the write, from 1. */
  readonly version: bigint;
  /** The life of the announcing feed's counter. */
  readonly feedEpoch: bigint;
}

const format = 1;

/** The opaque text of a revision: base64url, at most 200 characters. */
export function encodeRevision(revision: Revision): string {
  const { ordinal, listingId, version, feedEpoch } = revision;
  const text = JSON.stringify([format, ordinal, listingId, String(version), String(feedEpoch)]);
  return Buffer.from(text).toString("base64url");
}

/** The revision that `encodeRevision` wrote; undefined for any other text. */
export function decodeRevision(token: string): Revision | undefined {
  if (token.length > 200) return undefined;
  const parts = parse(token);
  if (!Array.isArray(parts) || parts.length !== 5 || parts[0] !== format) return undefined;
  const [, ordinal, listingId, version, feedEpoch] = parts as unknown[];
  if (typeof ordinal !== "number" || !Number.isSafeInteger(ordinal) || ordinal < 0) return undefined;
  if (typeof listingId !== "string" || !isCount(version) || !isCount(feedEpoch)) return undefined;
  return { ordinal, listingId, version: BigInt(version), feedEpoch: BigInt(feedEpoch) };
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
