import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { membersOf, toPackedSet } from "@marketmesh/contracts";
import {
  CatalogService,
  Listing_State,
  ListingSchema,
  ListingUpdatedSchema,
  Side,
} from "@marketmesh/contracts/catalog/v1";
import { Eligibility_Verdict, EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { ScoringService } from "@marketmesh/contracts/scoring/v1";
import type { PackedSet } from "@marketmesh/contracts/sets/v1";
import { announce, fact } from "@marketmesh/events";
import type { Database } from "@marketmesh/postgres";
import type { Bind } from "@marketmesh/service-host";
import { packOrdinals } from "../src/domain/packed-ordinals.ts";
import { kindOf, type TestListing, type World } from "./world.ts";

type Placed = ReturnType<World["put"]>;

/** A catalog that knows kinds and announces listings through a real outbox. */
export function catalogOf(world: World): { bind: Bind; announceListings: AnnounceListings } {
  let database: Database;
  return {
    bind: async (host) => {
      database = await host.database({ migrations: new URL("./", import.meta.url) });
      await host.events(database);
      host.serve(CatalogService, {
        getKind: ({ name }: { name: string }) => {
          const side = name.endsWith(`/${kindOf.DEMAND}`) ? Side.DEMAND : Side.SUPPLY;
          return { kind: { name, side } };
        },
      } as never);
    },
    announceListings: async (market, listings) => {
      const placed = listings.map((listing) => world.put(listing));
      await database.background((tx) =>
        announce(
          tx,
          placed.map((listing) => listingFact(market, listing)),
        ),
      );
      return placed;
    },
  };
}

export type AnnounceListings = (market: string, listings: readonly TestListing[]) => Promise<Placed[]>;

export function listingFact(market: string, listing: Placed) {
  return {
    market,
    feed: "listing",
    aggregateId: listing.id,
    version: BigInt(listing.version),
    fact: fact(ListingUpdatedSchema, { listing: listingMessage(market, listing) }),
  };
}

function listingMessage(market: string, listing: Placed) {
  return create(ListingSchema, {
    name: `markets/${market}/listings/${listing.id}`,
    kind: `markets/${market}/kinds/${kindOf[listing.side]}`,
    state: listing.closed ? Listing_State.CLOSED : Listing_State.ACTIVE,
    owner: listing.owner ? `markets/${market}/parties/${listing.owner}` : "",
    capacity: {
      units: BigInt(listing.units ?? 1),
      unlimited: listing.unlimited ?? false,
      exclusiveGroup: listing.exclusiveGroup ?? "",
    },
    groups: { ...listing.groups },
    version: BigInt(listing.version),
    ordinal: listing.ordinal,
    ordinalEpoch: 1n,
    updateTime: timestampFromMs(0),
  });
}

/** An eligibility that asks the world's function about each pair. */
export function eligibilityOf(world: World): Bind {
  return (host) =>
    host.serve(EligibilityService, {
      checkEligibility: ({ supply, demand }: PairInput) => {
        const [demandId, supplyId] = [demand, supply].map(({ subject }) => lastSegment(subject.value));
        const eligible = world.eligible(demandId!, supplyId!);
        const verdict = eligible ? Eligibility_Verdict.ELIGIBLE : Eligibility_Verdict.INELIGIBLE;
        return { eligibility: { verdict, failedRules: eligible ? [] : [{ reason: "DOES_NOT_FIT" }] } };
      },
      batchListEligible: async function* ({
        policy,
        demands,
        funnels,
      }: {
        policy: string;
        demands: string[];
        funnels: boolean;
      }) {
        world.calls.batchListEligible++;
        const market = policy.split("/")[1];
        for (const demand of demands) {
          const listing = world.listings.get(lastSegment(demand));
          const known = listing && !listing.closed;
          const ordinals = known ? world.eligibleOrdinals(listing.id) : [];
          const header = { kind: `markets/${market}/kinds/${kindOf.SUPPLY}`, ordinalEpoch: 1n, feedSeq: 7n };
          const considered = world.of("SUPPLY").length;
          yield {
            sets: [
              {
                demand,
                supplies: toPackedSet(header, packOrdinals(ordinals)),
                ...(funnels && { funnel: { considered, steps: [], eligible: ordinals.length } }),
                demandVersion: BigInt(listing?.version ?? 0),
                policyVersion: 3n,
                absenceReason: known ? "" : "LISTING_NOT_FOUND",
              },
            ],
          };
        }
      },
    } as never);
}

/** A scoring that ranks by the world's two functions; ties by listing id. */
export function scoringOf(world: World): Bind {
  return (host) =>
    host.serve(ScoringService, {
      rank: async function* (request: RankInput) {
        world.calls.rank++;
        await world.beforeRank();
        const byOrdinal = new Map(world.of("SUPPLY").map(({ id, ordinal }) => [ordinal, id]));
        const excluded = new Set(ordinalsOf(request.exclude));
        for (const { demand, supplies, exclude, skip } of request.candidates) {
          const own = new Set(ordinalsOf(exclude));
          const id = lastSegment(demand);
          const ranked = ordinalsOf(supplies)
            .filter((ordinal) => !excluded.has(ordinal) && !own.has(ordinal))
            .map((ordinal) => ({ ordinal, supply: byOrdinal.get(ordinal)! }))
            .map((row) => ({ ...row, score: world.demandScore(id, row.supply) }))
            .sort((a, b) => b.score - a.score || (a.supply < b.supply ? -1 : 1));
          const page = ranked.slice(skip, skip + request.topK);
          yield {
            rankings: [
              {
                demand,
                ordinals: page.map(({ ordinal }) => ordinal),
                demandScores: page.map(({ score }) => score),
                supplyScores: request.supplyModel
                  ? page.map(({ supply }) => world.supplyScore(id, supply))
                  : [],
                candidateCount: ranked.length,
              },
            ],
            demandModelVersion: 5n,
            supplyModelVersion: request.supplyModel ? 6n : 0n,
            statisticsVersion: BigInt(world.statisticsVersion),
            ordinalEpoch: 1n,
          };
        }
      },
    } as never);
}

interface PairInput {
  readonly supply: { readonly subject: { readonly value: string } };
  readonly demand: { readonly subject: { readonly value: string } };
}

interface RankInput {
  readonly supplyModel: string;
  readonly topK: number;
  readonly exclude?: PackedSet;
  readonly candidates: readonly {
    readonly demand: string;
    readonly supplies?: PackedSet;
    readonly exclude?: PackedSet;
    readonly skip: number;
  }[];
}

function ordinalsOf(set: PackedSet | undefined): number[] {
  const members = set && membersOf(set);
  if (!members) return [];
  const { encoding, bytes } = members;
  if (encoding === "array") {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4, true));
  }
  return Array.from({ length: bytes.length * 8 }, (_, at) => at).filter(
    (at) => bytes[at >>> 3]! & (1 << (at & 7)),
  );
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
