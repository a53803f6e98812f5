import { fromBinary } from "@bufbuild/protobuf";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { encodeListingBlock, type ListingColumnsRow } from "@marketmesh/contracts";
import {
  CatalogService,
  KindSchema,
  type Listing,
  Listing_Audience,
  Listing_State,
  ListingSchema,
} from "@marketmesh/contracts/catalog/v1";
import { feedPosition } from "@marketmesh/events";
import type { Database, Tx } from "@marketmesh/postgres";
import { callerOf, problem } from "@marketmesh/rpc";
import { sql } from "drizzle-orm";

const blockRows = 500;

/** The methods of the catalog that followers call; the others answer UNIMPLEMENTED. */
export function served(
  database: Database,
  onExport: () => void,
): Partial<ServiceImpl<typeof CatalogService>> {
  const unserved = Object.fromEntries(
    CatalogService.methods.map((method) => [
      method.localName,
      () => {
        throw problem(Code.Unimplemented, "UNIMPLEMENTED", `${method.name} is not served in this test`);
      },
    ]),
  );
  return {
    ...unserved,
    async getKind({ name }) {
      const kind = await database.background((tx) => findKind(tx, name));
      if (kind === undefined) throw problem(Code.NotFound, "KIND_NOT_FOUND", `there is no kind ${name}`);
      return { kind };
    },
    async getListing({ name, version }, context) {
      const found = await database.background((tx) => findListing(tx, name, version));
      const { reach, party = "" } = callerOf(context);
      const isHidden = reach === "PARTY" && (found === undefined || !isVisible(found, party));
      if (isHidden)
        throw problem(Code.PermissionDenied, "RESOURCE_NOT_ACCESSIBLE", `${name} is not accessible`);
      if (found !== undefined) return { listing: found };
      const reason = version === 0n ? "LISTING_NOT_FOUND" : "LISTING_VERSION_NOT_FOUND";
      throw problem(Code.NotFound, reason, `there is no listing ${name}`);
    },
    async *exportListings({ parent, kind: only }) {
      onExport();
      const prefix = parent === "markets/-" ? "" : `${parent}/`;
      const snapshot = await database.background((tx) => readAll(tx, prefix, only), {
        isolation: "repeatable read",
      });
      const { epoch, feedSeq } = snapshot.position;
      yield { part: { case: "snapshot", value: { feed: "listing", feedEpoch: epoch, feedSeq } } };
      for (const { kind, ordinalEpoch, rows } of snapshot.kinds) {
        yield { part: { case: "kind", value: { kind, ordinalEpoch } } };
        for (let from = 0; from < rows.length; from += blockRows) {
          const value = encodeListingBlock(kind.name, ordinalEpoch, rows.slice(from, from + blockRows));
          yield { part: { case: "block", value } };
        }
      }
    },
  };
}

function isVisible(listing: Listing, party: string): boolean {
  if (listing.owner.endsWith(`/parties/${party}`)) return true;
  if (listing.state === Listing_State.DRAFT) return false;
  if (listing.audience === Listing_Audience.PUBLIC) return true;
  const isNamed = listing.audienceParties.some((name) => name.endsWith(`/parties/${party}`));
  return listing.audience === Listing_Audience.PARTIES && isNamed;
}

async function findKind(tx: Tx, name: string) {
  const [row] = await tx.execute<{ kind: Buffer }>(sql`select kind from kinds where name = ${name}`);
  return row && fromBinary(KindSchema, row.kind);
}

async function findListing(tx: Tx, name: string, version: bigint): Promise<Listing | undefined> {
  const wanted = version === 0n ? sql`true` : sql`version = ${String(version)}`;
  const [row] = await tx.execute<{ listing: Buffer }>(
    sql`select listing from listings where name = ${name} and ${wanted} order by version desc limit 1`,
  );
  return row && fromBinary(ListingSchema, row.listing);
}

async function readAll(tx: Tx, prefix: string, only: string) {
  const position = await feedPosition(tx, "listing");
  const kinds = await tx.execute<{ name: string; ordinal_epoch: string; kind: Buffer }>(sql`
    select name, ordinal_epoch, kind from kinds
    where starts_with(name, ${prefix}) and (${only} = '' or name = ${only}) order by name`);
  const found = [];
  for (const row of kinds) {
    const rows = await tx.execute<{ ordinal: string; listing: Buffer }>(sql`
      select ordinal, listing from (
        select distinct on (name) ordinal, listing from listings where kind = ${row.name} order by name, version desc
      ) latest order by ordinal`);
    found.push({
      kind: fromBinary(KindSchema, row.kind),
      ordinalEpoch: BigInt(row.ordinal_epoch),
      rows: rows.map((one) => rowOf(Number(one.ordinal), fromBinary(ListingSchema, one.listing))),
    });
  }
  return { position, kinds: found };
}

function rowOf(ordinal: number, listing: Listing): ListingColumnsRow {
  const idOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  return {
    ordinal,
    id: idOf(listing.name),
    version: Number(listing.version),
    state: listing.state,
    owner: idOf(listing.owner),
    audience: listing.audience,
    audienceParties: listing.audienceParties.map(idOf),
    capacityUnits: 1,
    exclusiveGroup: "",
    groups: {},
    attributes: (listing.attributes ?? {}) as ListingColumnsRow["attributes"],
  };
}
