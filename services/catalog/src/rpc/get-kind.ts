import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { scopeOf } from "@marketmesh/postgres";
import { callerOf, idsOf } from "@marketmesh/rpc";
import { findKind } from "../storage/kind-store.ts";
import type { Deps } from "./deps.ts";
import { toKindMessage } from "./kind-message.ts";
import { kindNotFound } from "./problem.ts";
import { reading } from "./reading.ts";

export function getKind({
  database,
}: Pick<Deps, "database">): MethodImpl<typeof CatalogService.method.getKind> {
  return async ({ name }, context) => {
    const { market, kind: id } = idsOf(namePatterns.kind, name);
    const scope = scopeOf(callerOf(context), market);
    const kind = await database.transaction(scope, (tx) => findKind(tx, market, id), reading);
    if (!kind) throw kindNotFound(market, id);
    return { kind: toKindMessage(kind) };
  };
}
