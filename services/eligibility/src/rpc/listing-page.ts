import { formatName, namePatterns } from "@marketmesh/contracts";
import type { OrdinalSet } from "@marketmesh/listing-index";
import type { ProjectedKind } from "@marketmesh/listing-projection";
import { encodePageToken, pageOf } from "@marketmesh/rpc";
import { compareText } from "@marketmesh/rules";

/** One page of a set of listings, by id, bytewise. */
export function listingPage(
  request: { readonly pageSize: number; readonly pageToken: string },
  filter: unknown,
  kind: ProjectedKind,
  set: OrdinalSet,
): { readonly names: string[]; readonly nextPageToken: string; readonly totalSize: number } {
  const { size, after } = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
  const from = after === undefined ? undefined : String(after[0]);
  const ids: string[] = [];
  for (const ordinal of set) {
    const id = kind.index.idOf(ordinal);
    if (id !== undefined && (from === undefined || compareText(id, from) > 0)) ids.push(id);
  }
  ids.sort(compareText);
  const shown = ids.slice(0, size);
  const last = shown.at(-1);
  return {
    names: shown.map((listing) => formatName(namePatterns.listing, { market: kind.market, listing })),
    nextPageToken: ids.length > size && last !== undefined ? encodePageToken([last], filter) : "",
    totalSize: set.size,
  };
}
