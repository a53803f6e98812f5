import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { findKind } from "../storage/kind-store.ts";
import type { Deps } from "./deps.ts";
import { toKindMessage } from "./kind-message.ts";
import { kindNotFound } from "./problem.ts";

export function getKind({
  database,
}: Pick<Deps, "database">): MethodImpl<typeof CatalogService.method.getKind> {
  return async ({ name }, context) => {
    const { market, kind: id } = idsOf(namePatterns.kind, name);
    const kind = await read({ database }, context, market, (tx) => findKind(tx, market, id));
    if (!kind) throw kindNotFound(market, id);
    return { kind: toKindMessage(kind) };
  };
}
