import { createHash } from "node:crypto";
import { ok, type Result, refused } from "./problem.ts";

/** DRAFT → ACTIVE ⇄ PAUSED → CLOSED; any state may be closed; CLOSED is final. */
export type ListingState = "DRAFT" | "ACTIVE" | "PAUSED" | "CLOSED";

/** Who may see a listing besides its owner and the market's staff, once it has been ACTIVE. */
export type Audience = "PUBLIC" | "PARTIES" | "PRIVATE";

/** How much can be claimed. */
export interface Capacity {
  /** 0 to 1,000,000,000; -1 means unlimited. */
  readonly units: number;
  /** A group of the demand's kind; each of its values then has one unit. Empty for none. */
  readonly exclusiveGroup: string;
}

/** What of a listing may change by an update. */
export interface ListingContent {
  readonly audience: Audience;
  /** Party ids, sorted bytewise, distinct. */
  readonly audienceParties: readonly string[];
  readonly capacity: Capacity;
  /** JSON text with sorted keys, without personal attributes, derived ones included. */
  readonly attributesJson: string;
  /** Group name to value. */
  readonly groups: Readonly<Record<string, string>>;
}

/** One unit of supply or demand. */
export interface Listing extends ListingContent {
  readonly market: string;
  readonly id: string;
  readonly kind: string;
  readonly kindVersion: bigint;
  readonly state: ListingState;
  /** Party id; empty when the market itself owns it. Never changes. */
  readonly owner: string;
  /** From 1, raised by 1 with each change. */
  readonly version: bigint;
  readonly ordinal: number;
  readonly ordinalEpoch: bigint;
  /** sha256 over the content, personal attributes apart. */
  readonly contentHash: Buffer;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** When it first became ACTIVE. */
  readonly publishTime: Date | undefined;
}

export type Verb = "publish" | "pause" | "close";

const leadsTo = { publish: "ACTIVE", pause: "PAUSED", close: "CLOSED" } as const;
const leadsFrom: Record<Verb, readonly ListingState[]> = {
  publish: ["DRAFT", "PAUSED"],
  pause: ["ACTIVE"],
  close: ["DRAFT", "ACTIVE", "PAUSED"],
};

/** The listing after a verb; the same object when the verb changes nothing (closing what is closed). */
export function move(listing: Listing, verb: Verb, now: Date): Result<Listing, "LISTING_STATE_INVALID"> {
  if (verb === "close" && listing.state === "CLOSED") return ok(listing);
  if (!leadsFrom[verb].includes(listing.state)) {
    const message = `A listing that is ${listing.state} can't ${verb}: it must be ${leadsFrom[verb].join(" or ")}.`;
    return refused("LISTING_STATE_INVALID", message, { metadata: { state: listing.state, verb } });
  }
  const state = leadsTo[verb];
  return ok({
    ...listing,
    state,
    version: listing.version + 1n,
    updateTime: now,
    publishTime: listing.publishTime ?? (state === "ACTIVE" ? now : undefined),
  });
}

/** The listing with other content; the same object when the content is equal and nothing personal changed. */
export function revise(
  listing: Listing,
  content: ListingContent,
  change: { readonly kindVersion: bigint; readonly personalChanged: boolean; readonly now: Date },
): Result<Listing, "LISTING_CLOSED"> {
  if (listing.state === "CLOSED") return refused("LISTING_CLOSED", "A closed listing changes no more.");
  const hash = contentHash(content);
  if (hash.equals(listing.contentHash) && !change.personalChanged) return ok(listing);
  return ok({
    ...listing,
    ...content,
    contentHash: hash,
    kindVersion: change.kindVersion,
    version: listing.version + 1n,
    updateTime: change.now,
  });
}

/** Equal content has equal hashes. Personal attributes are not in it: even a hash of them could be guessed after erasure. */
export function contentHash(content: ListingContent): Buffer {
  const { audience, audienceParties, capacity, attributesJson, groups } = content;
  const named = Object.keys(groups)
    .sort()
    .map((group) => [group, groups[group]]);
  const rest = JSON.stringify([audience, audienceParties, capacity.units, capacity.exclusiveGroup, named]);
  return createHash("sha256").update(attributesJson).update("\0").update(rest).digest();
}

/** Whether a party may see a listing. Row level security says the same in SQL (0002_create_listings.sql). */
export function visibleTo(
  party: string,
  listing: Pick<Listing, "owner" | "audience" | "audienceParties"> & { readonly published: boolean },
): boolean {
  if (listing.owner !== "" && listing.owner === party) return true;
  if (!listing.published) return false;
  return (
    listing.audience === "PUBLIC" ||
    (listing.audience === "PARTIES" && listing.audienceParties.includes(party))
  );
}

/** The opaque text that changes with each version. */
export function etagOf(version: bigint): string {
  return `v${version}`;
}

/** Whether a caller's etag, empty for none, is the version's. */
export function isFresh(etag: string, version: bigint): boolean {
  return etag === "" || etag === etagOf(version);
}
