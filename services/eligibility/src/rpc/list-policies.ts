import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { encodePageToken, idsOf, pageOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { listPolicies as list } from "../storage/policy-store.ts";
import { toPolicyMessage } from "./policy-message.ts";
import type { Shell } from "./shell.ts";

export function listPolicies(shell: Shell): ServiceImpl<typeof EligibilityService>["listPolicies"] {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    const filter = { policies: market };
    const { size, after } = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
    const page = { afterId: String(after?.[0] ?? ""), limit: size + 1 };
    const found = await read(shell, context, market, (tx) => list(tx, market, page));
    const policies = found.slice(0, size);
    const last = policies.at(-1);
    const nextPageToken = found.length > size && last ? encodePageToken([last.id], filter) : "";
    return { policies: policies.map(toPolicyMessage), nextPageToken };
  };
}
