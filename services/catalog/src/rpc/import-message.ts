import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { encodeRevision } from "@marketmesh/contracts";
import {
  Import_State,
  type ImportError,
  ImportErrorSchema,
  type Import as ImportMessage,
  ImportSchema,
} from "@marketmesh/contracts/catalog/v1";
import { feedPosition } from "@marketmesh/events";
import type { Import, RowRefusal } from "../domain/import.ts";
import { listingFeed } from "../events/listing-facts.ts";
import { positionOf } from "../storage/import-store.ts";
import type { Deps } from "./deps.ts";

/** The names of imports. */
export const importPattern = "markets/{market}/imports/{import}";

export function toImportMessage(given: Import, revision: string): ImportMessage {
  const { counts } = given;
  return create(ImportSchema, {
    name: `markets/${given.market}/imports/${given.id}`,
    kind: `markets/${given.market}/kinds/${given.kind}`,
    publish: given.publish,
    state: Import_State[given.state],
    acknowledgedRow: BigInt(given.acknowledgedRow),
    createdCount: BigInt(counts.created),
    updatedCount: BigInt(counts.updated),
    unchangedCount: BigInt(counts.unchanged),
    refusedCount: BigInt(counts.refused),
    createTime: timestampFromDate(given.createTime),
    updateTime: timestampFromDate(given.updateTime),
    revision,
  });
}

/**
 * The revision that holds all rows of an import; empty while its last fact has no place in the feed. Facts are stamped in
 * the order of their ids, so the place of the last one is after all others.
 */
export async function revisionOfImport({ database }: Pick<Deps, "database">, given: Import): Promise<string> {
  return database.background(async (tx) => {
    const position = given.lastEventId === undefined ? undefined : await positionOf(tx, given.lastEventId);
    if (position === "pending") return "";
    const { epoch, feedSeq } = position ?? (await feedPosition(tx, listingFeed));
    return encodeRevision({ of: "feed", feedEpoch: epoch, feedSeq });
  });
}

export function toImportErrorMessage(refusal: RowRefusal): ImportError {
  return create(ImportErrorSchema, { ...refusal, row: BigInt(refusal.row) });
}
