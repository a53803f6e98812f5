import { isResourceId } from "@marketmesh/contracts";
import type { ImportRow } from "@marketmesh/contracts/catalog/v1";
import type { Caller } from "@marketmesh/rpc";
import type { CompiledKind } from "../domain/compiled-kind.ts";
import type { PreparedRow, RowRefusal } from "../domain/import.ts";
import { ok, type Result, refused } from "../domain/problem.ts";
import type { PartyKeys } from "../personal/party-keys.ts";
import { seal } from "../personal/seal.ts";
import { type GivenContent, parseContent, partyOf } from "../rpc/listing-content.ts";

/** The rows of a chunk that can be stored, in order, and why the others can't. */
export interface PreparedRows {
  readonly rows: readonly PreparedRow[];
  readonly refusals: readonly RowRefusal[];
}

/** Where rows are imported to, and for whom. */
export interface ImportTarget {
  readonly market: string;
  readonly kind: CompiledKind;
  readonly caller: Pick<Caller, "reach" | "party">;
}

interface ParsedRow extends GivenContent {
  readonly row: number;
  readonly id: string;
  readonly owner: string;
}

/** Checks rows by their kind and seals what is personal, with one request for the keys of all owners. */
export async function prepareRows(
  keys: PartyKeys,
  target: ImportTarget,
  firstRow: number,
  rows: readonly ImportRow[],
): Promise<PreparedRows> {
  const refusals: RowRefusal[] = [];
  const parsed: ParsedRow[] = [];
  for (const [at, given] of rows.entries()) {
    const result = parseRow(target, firstRow + at, given);
    if (result.ok) parsed.push(result.value);
    else refusals.push(refusalOf(firstRow + at, given, result.problem));
  }
  const owners = new Set(parsed.filter(({ personal }) => personal).map(({ owner }) => owner));
  const byOwner = owners.size === 0 ? new Map<string, Buffer>() : await keys.keysOf(target.market, owners);
  const prepared: PreparedRow[] = [];
  for (const { personal, row, id, owner, content } of parsed) {
    const key = byOwner.get(owner);
    if (personal && !key) {
      const listingId = id.slice(0, 64);
      refusals.push({ row, listingId, field: "owner", reason: "OWNER_ERASED", description: erased });
    } else {
      const sealed =
        personal && key ? seal(key, { market: target.market, listing: id }, personal) : undefined;
      prepared.push({ row, id, owner, content, personal: sealed });
    }
  }
  return { rows: prepared, refusals };
}

const erased = "The owner does not exist or was erased: nothing personal can be stored for it.";

type RowProblem = {
  readonly reason: RowRefusal["reason"];
  readonly field?: string;
  readonly message: string;
};

function parseRow(
  { market, kind, caller }: ImportTarget,
  row: number,
  given: ImportRow,
): Result<ParsedRow, RowRefusal["reason"]> {
  if (!isResourceId(given.listingId)) {
    return refused(
      "LISTING_ID_INVALID",
      "An id has 1 to 63 of A-Z a-z 0-9 . _ ~ - and begins with a letter or digit.",
      {
        field: "listing_id",
      },
    );
  }
  const owner = given.owner === "" ? "" : partyOf(market, given.owner);
  if (owner === undefined) {
    return refused("OWNER_NOT_ALLOWED", `An owner is named markets/${market}/parties/{party}.`, {
      field: "owner",
    });
  }
  if (caller.reach === "PARTY" && owner !== "" && owner !== caller.party) {
    return refused("OWNER_NOT_ALLOWED", "A party owns what it imports: leave owner empty.", {
      field: "owner",
    });
  }
  const content = parseContent(market, kind, given);
  if (!content.ok) return content;
  const own = caller.reach === "PARTY" ? (caller.party ?? "") : owner;
  if (content.value.personal && own === "") {
    return refused("OWNER_REQUIRED", "A row with personal attributes names the party they belong to.", {
      field: "owner",
    });
  }
  return ok({ row, id: given.listingId, owner: own, ...content.value });
}

function refusalOf(row: number, given: ImportRow, { reason, field = "", message }: RowProblem): RowRefusal {
  // Text that Postgres can't store is cut here as well.
  const listingId = given.listingId.replaceAll("\0", "").slice(0, 64);
  return {
    row,
    listingId,
    field: field.replaceAll("\0", "").slice(0, 200),
    reason,
    description: message.slice(0, 500).toWellFormed(),
  };
}
