import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import {
  CatalogService,
  type Kind as KindMessage,
  KindUpdatedSchema,
} from "@marketmesh/contracts/catalog/v1";
import { announce, fact } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { callerOf, idsOf, staleEtag } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { incompatibility } from "../domain/compatible-change.ts";
import { compileKind, derivedTypeChange } from "../domain/compiled-kind.ts";
import { type Kind, type KindContent, sameContent } from "../domain/kind.ts";
import { isFresh } from "../domain/listing.ts";
import { lockKind, saveKind } from "../storage/kind-store.ts";
import type { Deps } from "./deps.ts";
import { kindContentOf, toKindMessage } from "./kind-message.ts";
import { assertWritesKinds, kindNotFound, orRefuse, toConnectError } from "./problem.ts";

const method = CatalogService.method.updateKind;

export function updateKind(deps: Pick<Deps, "database" | "now">): MethodImpl<typeof method> {
  return async (request, context) => {
    const given = request.kind as KindMessage;
    const { market, kind: id } = idsOf(namePatterns.kind, given.name, "kind.name");
    assertWritesKinds(callerOf(context), given.name);
    const content = kindContentOf(given);
    return mutate(deps, context, { market, method, request }, async (tx) => {
      const kind = await lockKind(tx, market, id);
      if (!kind) throw kindNotFound(market, id);
      if (!isFresh(given.etag, kind.version)) throw staleEtag(given.name);
      if (sameContent(kind, content)) return { kind: toKindMessage(kind) };
      checkChange(kind, content);
      return { kind: toKindMessage(await store(tx, kind, content, deps.now())) };
    });
  };
}

function checkChange(kind: Kind, content: KindContent): void {
  const next = orRefuse(compileKind(content, kind.version + 1n), "kind");
  const before = orRefuse(compileKind(kind, kind.version), "kind");
  const problem = incompatibility(kind, content) ?? derivedTypeChange(before, next);
  if (problem) throw toConnectError(problem, "kind");
}

async function store(tx: Tx, before: Kind, content: KindContent, now: Date): Promise<Kind> {
  const kind: Kind = { ...before, ...content, version: before.version + 1n, updateTime: now };
  await saveKind(tx, kind);
  const { market, id, version } = kind;
  const updated = fact(KindUpdatedSchema, { kind: toKindMessage(kind) });
  await announce(tx, [{ market, feed: "kind", aggregateId: id, version, fact: updated }]);
  return kind;
}
