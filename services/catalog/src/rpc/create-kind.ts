import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import {
  CatalogService,
  KindCreatedSchema,
  type Kind as KindMessage,
} from "@marketmesh/contracts/catalog/v1";
import { announce, fact } from "@marketmesh/events";
import { callerOf, idsOf } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { compileKind } from "../domain/compiled-kind.ts";
import type { Kind } from "../domain/kind.ts";
import { insertKind } from "../storage/kind-store.ts";
import type { Deps } from "./deps.ts";
import { kindContentOf, toKindMessage } from "./kind-message.ts";
import { assertWritesKinds, orRefuse, toConnectError } from "./problem.ts";

const method = CatalogService.method.createKind;

export function createKind(deps: Pick<Deps, "database" | "now">): MethodImpl<typeof method> {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    assertWritesKinds(callerOf(context), `${request.parent}/kinds/${request.kindId}`);
    const content = kindContentOf(request.kind as KindMessage);
    orRefuse(compileKind(content, 1n), "kind");
    return mutate(deps, context, { market, method, request }, async (tx) => {
      const now = deps.now();
      const kind: Kind = {
        ...content,
        market,
        id: request.kindId,
        version: 1n,
        createTime: now,
        updateTime: now,
      };
      if (!(await insertKind(tx, kind))) throw alreadyExists(kind);
      const message = toKindMessage(kind);
      await announce(tx, [
        {
          market,
          feed: "kind",
          aggregateId: kind.id,
          version: 1n,
          fact: fact(KindCreatedSchema, { kind: message }),
        },
      ]);
      return { kind: message };
    });
  };
}

function alreadyExists({ market, id }: Kind) {
  const name = `markets/${market}/kinds/${id}`;
  return toConnectError({
    reason: "KIND_ALREADY_EXISTS",
    message: `${name} exists`,
    metadata: { kind: name },
  });
}
