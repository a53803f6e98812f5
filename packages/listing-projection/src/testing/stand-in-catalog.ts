import { create, fromBinary, type JsonObject, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { encodeRevision } from "@marketmesh/contracts";
import {
  CatalogService,
  type Kind,
  KindSchema,
  type Listing,
  Listing_Audience,
  Listing_State,
  ListingSchema,
  ListingUpdatedSchema,
  Side,
} from "@marketmesh/contracts/catalog/v1";
import { announce, feedPosition } from "@marketmesh/events";
import { columns, type Database, type Tx } from "@marketmesh/postgres";
import type { Bind } from "@marketmesh/service-host";
import { sql } from "drizzle-orm";
import { served } from "./served.ts";

/** A listing to put in; what is left out is ACTIVE, PUBLIC and owned by the market. */
export interface ListingInit {
  readonly id: string;
  /** The id of its kind. */
  readonly kind: string;
  readonly attributes?: JsonObject;
  readonly state?: Listing_State;
  readonly audience?: Listing_Audience;
  /** Party ids. */
  readonly owner?: string;
  readonly audienceParties?: readonly string[];
}

/**
 * A catalog for tests of the services that follow it: real tables, a real outbox and feed, the contract's own messages. It accepts
 * anything: the catalog's own rules are not what those tests are about.
 */
export interface StandInCatalog {
  readonly bind: Bind;
  /** Creates a kind, or makes a new version of it. */
  putKind(market: string, id: string, side: "SUPPLY" | "DEMAND", properties: JsonObject): Promise<Kind>;
  /** Creates or updates up to 1,000 listings, each id once, in one transaction, and announces them. */
  put(market: string, listings: readonly ListingInit[]): Promise<Listing[]>;
  /** Announces a listing as it stands in the message, whatever version that is: late, or once more. */
  announceAgain(market: string, listings: readonly Listing[]): Promise<void>;
  /** Gives the kind's listings other ordinals, in the next epoch. Nothing is announced. */
  renumber(market: string, kind: string): Promise<void>;
  /** How many exports were made. */
  readonly exportsCount: number;
}

export function standInCatalog(): StandInCatalog {
  let database: Database | undefined;
  let exportsCount = 0;
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    if (database === undefined) throw new Error("the catalog is not bound yet");
    return database.background(work);
  };

  return {
    get exportsCount() {
      return exportsCount;
    },
    async bind(host) {
      database = await host.database({ migrations: new URL("./migrations/", import.meta.url) });
      await host.events(database);
      const counted = () => {
        exportsCount += 1;
      };
      host.serve(CatalogService, served(database, counted) as ServiceImpl<typeof CatalogService>);
    },
    putKind: (market, id, side, properties) =>
      inTransaction(async (tx) => {
        const name = `markets/${market}/kinds/${id}`;
        const [row] = await tx.execute<{ kind: Buffer }>(
          sql`select kind from kinds where name = ${name} for update`,
        );
        const version = (row ? fromBinary(KindSchema, row.kind).version : 0n) + 1n;
        const kind = create(KindSchema, {
          name,
          side: side === "SUPPLY" ? Side.SUPPLY : Side.DEMAND,
          schema: { type: "object", properties },
          version,
        });
        await tx.execute(sql`
          insert into kinds (name, ordinal_epoch, kind) values (${name}, 1, ${toBinary(KindSchema, kind)})
          on conflict (name) do update set kind = excluded.kind`);
        return kind;
      }),
    put: (market, listings) =>
      inTransaction(async (tx) => {
        const made = await putAll(tx, market, listings);
        await announceAll(tx, market, made);
        return made;
      }),
    announceAgain: (market, listings) => inTransaction((tx) => announceAll(tx, market, listings)),
    renumber: (market, kind) =>
      inTransaction(async (tx) => {
        const name = `markets/${market}/kinds/${kind}`;
        await tx.execute(sql`update kinds set ordinal_epoch = ordinal_epoch + 1 where name = ${name}`);
        await tx.execute(sql`
          update listings l set ordinal = n.ordinal
          from (select name, row_number() over (order by name desc) as ordinal from listings group by name) n
          where n.name = l.name and l.kind = ${name}`);
      }),
  };
}

async function putAll(tx: Tx, market: string, inits: readonly ListingInit[]): Promise<Listing[]> {
  const kinds = await lockKinds(tx, market, inits);
  const names = inits.map(({ id }) => `markets/${market}/listings/${id}`);
  const latest = await tx.execute<{ name: string; version: string; ordinal: string }>(sql`
    select distinct on (name) name, version, ordinal
    from listings where name = any(${sql.param(names)}::text[]) order by name, version desc`);
  const known = new Map(latest.map(({ name, version, ordinal }) => [name, { version, ordinal }]));
  const { epoch: feedEpoch } = await feedPosition(tx, "listing");
  const made = inits.map((init, at) => {
    const kind = kinds.get(init.kind);
    if (kind === undefined) throw new Error(`there is no kind ${init.kind} in ${market}`);
    const before = known.get(names[at] as string);
    const version = BigInt(before?.version ?? 0) + 1n;
    const ordinal = Number(before?.ordinal ?? kind.next++);
    const revision = encodeRevision({ of: "listing", ordinal, listingId: init.id, version, feedEpoch });
    const { epoch: ordinalEpoch, version: kindVersion } = kind;
    return create(
      ListingSchema,
      messageOf(market, init, { version, ordinal, revision, ordinalEpoch, kindVersion }),
    );
  });
  const rows = columns(made, {
    name: ["text", ({ name }) => name],
    kind: ["text", ({ kind }) => kind],
    version: ["bigint", ({ version }) => version],
    ordinal: ["bigint", ({ ordinal }) => ordinal],
    listing: ["bytea", (listing) => toBinary(ListingSchema, listing)],
  });
  await tx.execute(sql`insert into listings (name, kind, version, ordinal, listing) select * from ${rows}`);
  return made;
}

/** The kinds of listings by id, in order of their names, and the ordinal that comes next in each. */
async function lockKinds(tx: Tx, market: string, inits: readonly ListingInit[]) {
  const ids = [...new Set(inits.map(({ kind }) => kind))].sort();
  const kinds = new Map<string, { version: bigint; epoch: bigint; next: number }>();
  for (const id of ids) {
    const [row] = await tx.execute<{ kind: Buffer; ordinal_epoch: string; next: string }>(sql`
      select kind, ordinal_epoch, (select coalesce(max(ordinal) + 1, 0) from listings l where l.kind = k.name) as next
      from kinds k where name = ${`markets/${market}/kinds/${id}`} for update`);
    if (row === undefined) continue;
    const { version } = fromBinary(KindSchema, row.kind);
    kinds.set(id, { version, epoch: BigInt(row.ordinal_epoch), next: Number(row.next) });
  }
  return kinds;
}

function messageOf(
  market: string,
  init: ListingInit,
  given: Pick<Listing, "version" | "ordinal" | "revision" | "ordinalEpoch" | "kindVersion">,
): MessageInitShape<typeof ListingSchema> {
  const partyName = (party: string) => `markets/${market}/parties/${party}`;
  return {
    ...given,
    name: `markets/${market}/listings/${init.id}`,
    kind: `markets/${market}/kinds/${init.kind}`,
    state: init.state ?? Listing_State.ACTIVE,
    audience: init.audience ?? Listing_Audience.PUBLIC,
    owner: init.owner === undefined ? "" : partyName(init.owner),
    audienceParties: (init.audienceParties ?? []).map(partyName),
    attributes: init.attributes ?? {},
  };
}

function announceAll(tx: Tx, market: string, listings: readonly Listing[]): Promise<void> {
  return announce(
    tx,
    listings.map((listing) => ({
      market,
      feed: "listing",
      aggregateId: listing.name.slice(listing.name.lastIndexOf("/") + 1),
      version: listing.version,
      fact: anyPack(ListingUpdatedSchema, create(ListingUpdatedSchema, { listing })),
    })),
  );
}
