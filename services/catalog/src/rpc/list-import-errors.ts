import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { callerOf, encodePageToken, idsOf, pageOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { findImport, listImportErrors as listStored } from "../storage/import-store.ts";
import type { Deps } from "./deps.ts";
import { importPattern, toImportErrorMessage } from "./import-message.ts";
import { notThere } from "./problem.ts";

export function listImportErrors({
  database,
}: Pick<Deps, "database">): MethodImpl<typeof CatalogService.method.listImportErrors> {
  return async (request, context) => {
    const { market, import: id } = idsOf(importPattern, request.parent, "parent");
    const filter = [market, id];
    const page = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
    const caller = callerOf(context);
    const refusals = await read({ database }, context, market, async (tx) => {
      if (!(await findImport(tx, market, id))) throw notThere(caller, "import", request.parent);
      return listStored(tx, market, id, { afterRow: Number(page.after?.[0] ?? 0), limit: page.size + 1 });
    });
    const shown = refusals.slice(0, page.size);
    const last = shown.at(-1)?.row;
    return {
      errors: shown.map(toImportErrorMessage),
      nextPageToken: refusals.length > page.size && last !== undefined ? encodePageToken([last], filter) : "",
    };
  };
}
