import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService, Import as ImportMessage } from "@marketmesh/contracts/catalog/v1";
import { scopeOf, type Tx } from "@marketmesh/postgres";
import { type Caller, callerOf, idsOf, invalidField } from "@marketmesh/rpc";
import type { Import } from "../domain/import.ts";
import { findImport, insertImport } from "../storage/import-store.ts";
import { findKindVersion } from "../storage/kind-store.ts";
import type { Deps } from "./deps.ts";
import { revisionOfImport, toImportMessage } from "./import-message.ts";
import { kindNotFound, toConnectError } from "./problem.ts";

type Uses = Pick<Deps, "database" | "now">;

export function createImport(deps: Uses): MethodImpl<typeof CatalogService.method.createImport> {
  return async ({ parent, importId, import: message }, context) => {
    const { market } = idsOf(namePatterns.market, parent, "parent");
    const { kind, publish } = message as ImportMessage;
    const kindIds = idsOf(namePatterns.kind, kind, "import.kind");
    if (kindIds.market !== market)
      throw invalidField("import.kind", "import.kind is of another market than parent");
    const caller = callerOf(context);
    const wanted = newImport(caller, { market, id: importId, kind: kindIds.kind, publish }, deps.now());
    const found = await deps.database.transaction(scopeOf(caller, market), (tx) => openImport(tx, wanted));
    return { import: toImportMessage(found, await revisionOfImport(deps, found)) };
  };
}

function newImport(
  caller: Caller,
  given: Pick<Import, "market" | "id" | "kind" | "publish">,
  now: Date,
): Import {
  return {
    ...given,
    party: caller.party ?? "",
    state: "OPEN",
    acknowledgedRow: 0,
    counts: { created: 0, updated: 0, unchanged: 0, refused: 0 },
    lastEventId: undefined,
    createTime: now,
    updateTime: now,
  };
}

async function openImport(tx: Tx, wanted: Import): Promise<Import> {
  const { market, id, kind, publish } = wanted;
  if ((await findKindVersion(tx, market, kind)) === undefined) throw kindNotFound(market, kind);
  if (await insertImport(tx, wanted)) return wanted;
  const there = await findImport(tx, market, id);
  if (there?.kind === kind && there.publish === publish) return there;
  const name = `markets/${market}/imports/${id}`;
  const message = `${name} exists with another kind or publish`;
  throw toConnectError({ reason: "IMPORT_ALREADY_EXISTS", message, metadata: { import: name } });
}
