import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { callerOf, idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { findImport } from "../storage/import-store.ts";
import type { Deps } from "./deps.ts";
import { importPattern, revisionOfImport, toImportMessage } from "./import-message.ts";
import { notThere } from "./problem.ts";

export function getImport(deps: Pick<Deps, "database">): MethodImpl<typeof CatalogService.method.getImport> {
  return async ({ name }, context) => {
    const { market, import: id } = idsOf(importPattern, name);
    const caller = callerOf(context);
    const found = await read(deps, context, market, (tx) => findImport(tx, market, id));
    if (!found) throw notThere(caller, "import", name);
    return { import: toImportMessage(found, await revisionOfImport(deps, found)) };
  };
}
