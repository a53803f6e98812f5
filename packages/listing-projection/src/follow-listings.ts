import { Code, type ConnectError } from "@connectrpc/connect";
import { decodeRevision } from "@marketmesh/contracts";
import type { Listing } from "@marketmesh/contracts/catalog/v1";
import type { Envelope } from "@marketmesh/contracts/events/v1";
import type { Events, FeedPosition } from "@marketmesh/events";
import { problem } from "@marketmesh/rpc";
import type { Metrics } from "@marketmesh/telemetry";
import { Conditions } from "./conditions.ts";
import { listingOf } from "./events.ts";
import { measureStaleness, projectionMetrics } from "./metrics.ts";
import { beforeDeadline } from "./patience.ts";
import type { ProjectedKind } from "./projected-kind.ts";
import { type ExportedKind, Projection } from "./projection.ts";
import { reflected } from "./reflected.ts";
import { type Catalog, readSnapshot } from "./snapshot.ts";

/** What a projection of listings stands on. */
export interface FollowListingsOptions {
  readonly events: Pick<Events, "follow">;
  /** A client that calls as the service itself. */
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  readonly now: () => Date;
  /** Runs a loop until the service drains, and again when it fails: `host.background`. */
  readonly background: (name: string, loop: (signal: AbortSignal) => Promise<void>) => void;
}

/** The listings of all markets in memory: the catalog's export, then its feed. */
export interface ListingProjection {
  /** True after the first bootstrap and what the feed held then; for `host.ready`. */
  readonly ready: boolean;
  /** What is applied; undefined before the first bootstrap. */
  readonly position: FeedPosition | undefined;
  /** How often everything was exported anew. */
  readonly bootstrapsCount: number;
  /**
   * Waits until the revisions of a market's listings, as the catalog gave them, are reflected.
   *
   * Throws ConnectError INVALID_ARGUMENT (REVISION_INVALID), UNAVAILABLE (NOT_CAUGHT_UP) a little before the deadline of the call.
   */
  waitFor(market: string, revisions: readonly string[], signal: AbortSignal): Promise<void>;
  /** The same for a position of the listing feed. */
  waitForPosition(market: string, feedSeq: bigint, signal: AbortSignal): Promise<void>;
  /**
   * A kind by name, complete up to `position`, at least at the version. Undefined when the catalog has no such kind.
   *
   * Throws ConnectError UNAVAILABLE (NOT_CAUGHT_UP) a little before the deadline of the call.
   */
  kind(name: string, signal: AbortSignal, versionMin?: bigint): Promise<ProjectedKind | undefined>;
  /** The kind again where the catalog has a newer version of it, else the same. */
  refreshed(kind: ProjectedKind, signal: AbortSignal): Promise<ProjectedKind>;
}

/** Follows the catalog's listing feed into indexes, one for each market, kind and epoch. */
export function followListings(options: FollowListingsOptions): ListingProjection {
  const { events, catalog, now } = options;
  const projection = new Projection();
  const conditions = new Conditions();
  projectionMetrics(options.metrics, projection);

  const follower = events.follow({
    service: "catalog",
    feed: "listing",
    async bootstrap(signal) {
      const snapshot = await readSnapshot(catalog, { parent: "markets/-" }, signal);
      projection.replace(snapshot);
      conditions.check();
      return snapshot.position;
    },
    apply(envelopes) {
      const last = envelopes.at(-1);
      if (last === undefined) return;
      projection.apply(listingsOf(envelopes), {
        epoch: last.feedEpoch,
        feedSeq: last.feedSeq,
      });
      conditions.check();
    },
  });
  measureStaleness(options.metrics, projection, follower, () => now().getTime());

  // A loop of its own, so that an export asked for by a request is not made in the name of the request's caller, who may
  // see less than the index needs.
  options.background("load kinds of listings", async (signal) => {
    for (;;) {
      await conditions.wait(() => projection.nextLoad !== undefined, signal);
      if (signal.aborted) return;
      const load = projection.nextLoad;
      if (load === undefined) continue;
      const { kind: name } = load;
      const done = projection.loaded(load, await readKind(catalog, name, signal));
      conditions.check();
      if (!done && projection.nextLoad === load)
        throw new Error(`the export of ${name} is older than its listings`);
    }
  });

  async function holds(market: string, condition: () => boolean, signal: AbortSignal): Promise<void> {
    if (condition()) return;
    if (!(await conditions.wait(condition, beforeDeadline(signal, now().getTime()))))
      throw notCaughtUp(market);
  }

  return {
    get ready() {
      return follower.caughtUp;
    },
    get position() {
      return projection.position;
    },
    get bootstrapsCount() {
      return follower.bootstrapsCount;
    },
    async waitFor(market, revisions, signal) {
      const wanted = revisions.map((token, at) => {
        const revision = decodeRevision(token);
        if (revision !== undefined) return revision;
        const field = `revisions[${at}]`;
        throw problem(
          Code.InvalidArgument,
          "REVISION_INVALID",
          `${field} is no revision that the catalog gave`,
          {
            field,
            metadata: { field },
          },
        );
      });
      const listings = () => kindsOf(projection, market);
      await holds(
        market,
        () => wanted.every((revision) => reflected(revision, projection.position, listings)),
        signal,
      );
    },
    waitForPosition: (market, feedSeq, signal) =>
      holds(market, () => (projection.position?.feedSeq ?? -1n) >= feedSeq, signal),
    kind: kindOf,
    async refreshed(kind, signal) {
      const { kind: current } = await catalog.getKind({ name: kind.name }, { signal });
      if (current === undefined || current.version <= kind.version) return kind;
      return (await kindOf(kind.name, signal, current.version)) ?? kind;
    },
  };

  async function kindOf(
    name: string,
    signal: AbortSignal,
    versionMin = 0n,
  ): Promise<ProjectedKind | undefined> {
    const market = name.split("/")[1] ?? "";
    // Before the first bootstrap nobody knows what there is.
    await holds(market, () => projection.position !== undefined, signal);
    const known = projection.kind(name);
    if (known !== undefined && known.version >= versionMin) return known;
    projection.want(name, versionMin);
    conditions.check();
    const settled = () => !projection.loading(name);
    await holds(market, settled, signal);
    return projection.kind(name);
  }
}

function listingsOf(envelopes: readonly Envelope[]): Listing[] {
  return envelopes.map(listingOf).filter((listing) => listing !== undefined);
}

function kindsOf(projection: Projection, market: string): ProjectedKind[] {
  const prefix = `markets/${market}/kinds/`;
  const names = [...projection.kinds.keys()].filter((name) => name.startsWith(prefix));
  return names.map((name) => projection.kind(name)).filter((kind) => kind !== undefined);
}

async function readKind(catalog: Catalog, name: string, signal: AbortSignal): Promise<ExportedKind> {
  const parent = name.split("/").slice(0, 2).join("/");
  const { position, kinds } = await readSnapshot(catalog, { parent, kind: name }, signal);
  return { position, kind: kinds.get(name) };
}

function notCaughtUp(market: string): ConnectError {
  const message = `the listings of ${market} are not caught up yet`;
  return problem(Code.Unavailable, "NOT_CAUGHT_UP", message, { metadata: { market }, retryAfterMs: 500 });
}
