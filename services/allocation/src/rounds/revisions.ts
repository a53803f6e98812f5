import { Code } from "@connectrpc/connect";
import { decodeRevision, type Revision } from "@marketmesh/contracts";
import type { Database } from "@marketmesh/postgres";
import { invalidField, problem } from "@marketmesh/rpc";
import { readLevels } from "../storage/capacity-store.ts";
import { advanceListingPosition } from "../storage/projection-store.ts";
import { type Signals, topics } from "./signals.ts";

const pollMs = 100;

type ListingRevision = Extract<Revision, { of: "listing" }>;
type FeedRevision = Extract<Revision, { of: "feed" }>;

/** Revisions as they came; INVALID_ARGUMENT for a text that is none. */
export function parseRevisions(tokens: readonly string[]): Revision[] {
  return tokens.map((token, at) => {
    const revision = decodeRevision(token);
    if (!revision) throw invalidField(`revisions[${at}]`, "not a revision that catalog gave out");
    return revision;
  });
}

/** Waits until capacity reflects the revisions. When the signal aborts before: UNAVAILABLE (NOT_CAUGHT_UP). */
export async function awaitRevisions(
  database: Database,
  signals: Signals,
  market: string,
  revisions: readonly Revision[],
  signal: AbortSignal,
): Promise<void> {
  const listings = revisions.filter((revision) => revision.of === "listing");
  const feeds = revisions.filter((revision) => revision.of === "feed");
  while (!((await reflects(database, market, listings)) && (await reaches(database, feeds)))) {
    if (signal.aborted) throw notCaughtUp(market);
    await signals.wait(topics.levelsProjected, pollMs, signal);
  }
}

async function reflects(
  database: Database,
  market: string,
  wanted: readonly ListingRevision[],
): Promise<boolean> {
  if (wanted.length === 0) return true;
  const ids = wanted.map(({ listingId }) => listingId);
  const levels = await database.background((tx) => readLevels(tx, market, ids), { readOnly: true });
  const known = new Map(levels.map((level) => [level.listingId, BigInt(level.listingVersion)]));
  return wanted.every(({ listingId, version }) => (known.get(listingId) ?? 0n) >= version);
}

// What the projection is known to have reached by epoch, so that the database is asked for later positions only.
const positions = new WeakMap<Database, Map<bigint, bigint>>();

// A feed that began anew has facts of its former life left to project: each epoch is waited for by itself.
async function reaches(database: Database, wanted: readonly FeedRevision[]): Promise<boolean> {
  const last = new Map<bigint, bigint>();
  for (const { feedEpoch, feedSeq } of wanted) {
    if (feedSeq >= (last.get(feedEpoch) ?? 0n)) last.set(feedEpoch, feedSeq);
  }
  const known = positions.get(database) ?? new Map<bigint, bigint>();
  positions.set(database, known);
  for (const [epoch, feedSeq] of last) {
    if ((known.get(epoch) ?? 0n) >= feedSeq) continue;
    known.set(epoch, await database.background((tx) => advanceListingPosition(tx, epoch)));
    if ((known.get(epoch) ?? 0n) < feedSeq) return false;
  }
  return true;
}

function notCaughtUp(market: string) {
  return problem(Code.Unavailable, "NOT_CAUGHT_UP", "capacity does not reflect the revisions yet", {
    domain: "allocation.marketmesh",
    metadata: { market },
    retryAfterMs: 500,
  });
}
