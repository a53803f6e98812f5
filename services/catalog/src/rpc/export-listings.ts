import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, type HandlerContext, type MethodImpl } from "@connectrpc/connect";
import { blockRowsMax, namePatterns } from "@marketmesh/contracts";
import type { CatalogService, ExportListingsResponseSchema } from "@marketmesh/contracts/catalog/v1";
import { feedPosition } from "@marketmesh/events";
import { scopeOf, type TransactionOptions, type Tx } from "@marketmesh/postgres";
import { callerOf, idsOf, problem } from "@marketmesh/rpc";
import type { Kind } from "../domain/kind.ts";
import { listingFeed } from "../events/listing-facts.ts";
import { listKinds } from "../storage/kind-store.ts";
import { listByOrdinal } from "../storage/listing-store.ts";
import { ordinalEpochOf } from "../storage/ordinal-store.ts";
import type { Deps } from "./deps.ts";
import { toListingBlock } from "./export-rows.ts";
import { handOver, turns } from "./hand-over.ts";
import { toKindMessage } from "./kind-message.ts";
import { kindIn } from "./list-listings.ts";
import { kindNotFound, toConnectError } from "./problem.ts";

type Uses = Pick<Deps, "database"> & { readonly exports: ExportLimits };

/** What exports may hold of the connections that everybody shares. */
export interface ExportLimits {
  /** Exports of one market that run at once; each holds a connection while its reader reads. */
  readonly marketsMax: number;
  /** How long a reader may take over one part. */
  readonly stallMs: number;
}

type Part = MessageInitShape<typeof ExportListingsResponseSchema>;
type Push = (part: Part) => Promise<void>;

const allMarkets = "markets/-";
// Each holds a connection of the background pool while its reader reads; leases of ordinals need the others.
const allMarketsMax = 2;
const waitingMax = 64;
const kindsPageSize = 100;

/**
 * One REPEATABLE READ snapshot, read a block at a time as the reader takes them. All markets are read in the background
 * role, which only callers of platform reach get; everyone else's transaction is under row level security.
 */
export function exportListings({
  database,
  exports: { marketsMax, stallMs },
}: Uses): MethodImpl<typeof CatalogService.method.exportListings> {
  const ofAllMarkets = turns({ max: allMarketsMax, waitingMax, refuse: tooMany });
  const ofOneMarket = turns({ max: marketsMax, waitingMax, refuse: tooMany });
  const patience = { ms: stallMs, tooSlow: () => tooSlow(stallMs) };
  return async function* ({ parent, kind }, context) {
    const options: TransactionOptions = {
      readOnly: true,
      readFrom: sourceOf(kind),
      isolation: "repeatable read",
      signal: context.signal,
    };
    const market = parent === allMarkets ? "" : idsOf(namePatterns.market, parent, "parent").market;
    const only = kind === "" ? "" : kindIn(market, kind);
    const read = (push: Push) => (tx: Tx) => exportSnapshot(tx, { market, kind: only }, push);
    const caller = callerOf(context);
    if (market === "") assertSeesAllMarkets(context);
    yield* handOver<Part>(
      (push) =>
        market === ""
          ? ofAllMarkets(() => database.background(read(push), options))
          : ofOneMarket(() => database.transaction(scopeOf(caller, market), read(push), options)),
      patience,
    );
  };
}

/**
 * A snapshot of everything tells its position in the feed, from which its reader follows, so that it may be an earlier one. A kind
 * alone is asked for by who follows already and misses it: an earlier state lacks the kind, or what its reader has.
 */
export function sourceOf(kind: string): NonNullable<TransactionOptions["readFrom"]> {
  return kind === "" ? "REPLICA_ELSE_PRIMARY" : "PRIMARY";
}

function tooMany() {
  return problem(Code.ResourceExhausted, "OVERLOADED", "too many exports wait for their turn", {
    metadata: { waitingMax: String(waitingMax) },
    retryAfterMs: 1_000,
  });
}

function tooSlow(stallMs: number) {
  const message = "the reader took too long over a part of the export";
  return problem(Code.ResourceExhausted, "OVERLOADED", message, { metadata: { stallMs: String(stallMs) } });
}

function assertSeesAllMarkets(context: HandlerContext): void {
  if (callerOf(context).reach === "PLATFORM") return;
  const message = "Only services of the mesh export all markets.";
  throw toConnectError({ reason: "MARKET_MISMATCH", message, metadata: { market: "-" } });
}

interface Wanted {
  /** Empty for all. */
  readonly market: string;
  /** Kind id; empty for all. */
  readonly kind: string;
}

async function exportSnapshot(tx: Tx, wanted: Wanted, push: Push): Promise<void> {
  const { epoch, feedSeq } = await feedPosition(tx, listingFeed);
  await push({ part: { case: "snapshot", value: { feed: listingFeed, feedEpoch: epoch, feedSeq } } });
  let found = false;
  for await (const kind of kindsOf(tx, wanted.market)) {
    if (wanted.kind !== "" && wanted.kind !== kind.id) continue;
    found = true;
    await exportKind(tx, kind, await ordinalEpochOf(tx, kind.market, kind.id), push);
  }
  if (!found && wanted.kind !== "") throw kindNotFound(wanted.market, wanted.kind);
}

async function* kindsOf(tx: Tx, market: string): AsyncGenerator<Kind> {
  let after: readonly [string, string] = [market, ""];
  while (true) {
    const kinds = await listKinds(tx, market, { after, limit: kindsPageSize });
    yield* kinds;
    const last = kinds.at(-1);
    if (!last || kinds.length < kindsPageSize) return;
    after = [last.market, last.id];
  }
}

async function exportKind(tx: Tx, kind: Kind, ordinalEpoch: bigint, push: Push): Promise<void> {
  await push({ part: { case: "kind", value: { kind: toKindMessage(kind), ordinalEpoch } } });
  const of = { market: kind.market, kind: kind.id, epoch: ordinalEpoch };
  const name = `markets/${kind.market}/kinds/${kind.id}`;
  let afterOrdinal = -1;
  while (true) {
    const listings = await listByOrdinal(tx, of, { afterOrdinal, limit: blockRowsMax });
    const last = listings.at(-1);
    if (!last) return;
    await push({ part: { case: "block", value: toListingBlock(name, ordinalEpoch, listings) } });
    if (listings.length < blockRowsMax) return;
    afterOrdinal = last.ordinal;
  }
}
