import { type SQL, sql } from "drizzle-orm";
import type { Audience, Listing, ListingState } from "../domain/listing.ts";

/** A listing as a query gives it: 64-bit integers and JSON as text. */
export interface ListingRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly kind: string;
  readonly kind_version: string;
  readonly state: ListingState;
  readonly owner: string;
  readonly audience: Audience;
  readonly audience_parties: readonly string[];
  readonly capacity_units: string;
  readonly exclusive_group: string;
  readonly attributes: string;
  readonly groups: string;
  readonly version: string;
  readonly ordinal: string;
  readonly ordinal_epoch: string;
  readonly content_hash: Buffer;
  readonly create_time: string;
  readonly update_time: string;
  readonly publish_time: string | null;
}

/** The columns of a ListingRow, from a table `l`. */
export const listingColumns: SQL = columnsOf("l");

/** The same of an old version `r`; what never changes comes from the listing `l`. */
export const revisionColumns: SQL = columnsOf("r");

function columnsOf(version: "l" | "r"): SQL {
  const time = (table: string, column: string) => `extract(epoch from ${table}.${column}) as ${column}`;
  const own = [
    "kind_version",
    "state",
    "audience",
    "audience_parties",
    "capacity_units",
    "exclusive_group",
    "version",
  ];
  return sql.raw(
    [
      ...["market", "id", "kind", "owner", "ordinal", "ordinal_epoch"].map((column) => `l.${column}`),
      ...[...own, "content_hash"].map((column) => `${version}.${column}`),
      // As text: the listing keeps its attributes as text until somebody reads them.
      ...["attributes", "groups"].map((column) => `${version}.${column}::text as ${column}`),
      time("l", "create_time"),
      time(version, "update_time"),
      time(version, "publish_time"),
    ].join(", "),
  );
}

export function listingOf(row: ListingRow): Listing {
  return {
    market: row.market,
    id: row.id,
    kind: row.kind,
    kindVersion: BigInt(row.kind_version),
    state: row.state,
    owner: row.owner,
    audience: row.audience,
    audienceParties: row.audience_parties,
    capacity: { units: Number(row.capacity_units), exclusiveGroup: row.exclusive_group },
    attributesJson: row.attributes,
    groups: row.groups === "{}" ? {} : (JSON.parse(row.groups) as Record<string, string>),
    version: BigInt(row.version),
    ordinal: Number(row.ordinal),
    ordinalEpoch: BigInt(row.ordinal_epoch),
    contentHash: row.content_hash,
    createTime: timeOf(row.create_time),
    updateTime: timeOf(row.update_time),
    publishTime: row.publish_time === null ? undefined : timeOf(row.publish_time),
  };
}

/** A time that was selected as seconds since 1970. */
export function timeOf(seconds: string): Date {
  return new Date(Math.round(Number(seconds) * 1000));
}
