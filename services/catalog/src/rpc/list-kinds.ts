import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { encodePageToken, idsOf, pageOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { listKinds as listStored } from "../storage/kind-store.ts";
import type { Deps } from "./deps.ts";
import { toKindMessage } from "./kind-message.ts";

export function listKinds({
  database,
}: Pick<Deps, "database">): MethodImpl<typeof CatalogService.method.listKinds> {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    const page = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter: market });
    const after = [market, String(page.after?.[0] ?? "")] as const;
    const kinds = await read({ database }, context, market, (tx) =>
      listStored(tx, market, { after, limit: page.size + 1 }),
    );
    const shown = kinds.slice(0, page.size);
    const last = shown.at(-1)?.id;
    return {
      kinds: shown.map(toKindMessage),
      nextPageToken: kinds.length > page.size && last !== undefined ? encodePageToken([last], market) : "",
    };
  };
}
