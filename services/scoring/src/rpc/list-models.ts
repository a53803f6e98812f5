import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { ScoringService } from "@marketmesh/contracts/scoring/v1";
import { encodePageToken, idsOf, pageOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { listModels as list } from "../storage/model-store.ts";
import { toModelMessage } from "./model-message.ts";
import type { Shell } from "./shell.ts";

export function listModels(shell: Shell): ServiceImpl<typeof ScoringService>["listModels"] {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    const filter = { models: market };
    const { size, after } = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
    const page = { afterId: String(after?.[0] ?? ""), limit: size + 1 };
    const found = await read(shell, context, market, (tx) => list(tx, market, page));
    const models = found.slice(0, size);
    const last = models.at(-1);
    const nextPageToken = found.length > size && last ? encodePageToken([last.id], filter) : "";
    return { models: models.map(toModelMessage), nextPageToken };
  };
}
