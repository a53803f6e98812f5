import type { ServiceImpl } from "@connectrpc/connect";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { batchGetListings } from "./batch-get-listings.ts";
import { closeListing } from "./close-listing.ts";
import { createImport } from "./create-import.ts";
import { createKind } from "./create-kind.ts";
import { createListing } from "./create-listing.ts";
import type { Deps } from "./deps.ts";
import { type ExportLimits, exportListings } from "./export-listings.ts";
import { getImport } from "./get-import.ts";
import { getKind } from "./get-kind.ts";
import { getListing } from "./get-listing.ts";
import { importListings } from "./import-listings.ts";
import { listImportErrors } from "./list-import-errors.ts";
import { listKinds } from "./list-kinds.ts";
import { listListings } from "./list-listings.ts";
import { pauseListing } from "./pause-listing.ts";
import { publishListing } from "./publish-listing.ts";
import { updateKind } from "./update-kind.ts";
import { updateListing } from "./update-listing.ts";
import { type WatchDeps, watchListings } from "./watch-listings.ts";

export function catalogRoutes(
  deps: Deps & WatchDeps & { readonly exports: ExportLimits },
): ServiceImpl<typeof CatalogService> {
  return {
    createKind: createKind(deps),
    getKind: getKind(deps),
    listKinds: listKinds(deps),
    updateKind: updateKind(deps),
    createListing: createListing(deps),
    getListing: getListing(deps),
    batchGetListings: batchGetListings(deps),
    listListings: listListings(deps),
    updateListing: updateListing(deps),
    publishListing: publishListing(deps),
    pauseListing: pauseListing(deps),
    closeListing: closeListing(deps),
    createImport: createImport(deps),
    getImport: getImport(deps),
    importListings: importListings(deps),
    listImportErrors: listImportErrors(deps),
    exportListings: exportListings(deps),
    watchListings: watchListings(deps),
  };
}
