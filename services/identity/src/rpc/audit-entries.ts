import type { ServiceImpl } from "@connectrpc/connect";
import type { IdentityService } from "@marketmesh/contracts/identity/v1";
import { idAfter, listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { Shell } from "../shell.ts";
import { listAuditEntries } from "../storage/audit-store.ts";
import { auditEntryMessage } from "./messages.ts";
import { placeOf } from "./request-names.ts";

type Methods = Pick<ServiceImpl<typeof IdentityService>, "listAuditEntries">;

export function auditEntries(shell: Shell): Methods {
  return {
    listAuditEntries: async (request, context) => {
      const place = placeOf(request.parent);
      const { rows, nextPageToken } = await read(shell, context, place, (tx) =>
        listPage(
          request,
          ["auditEntries", place, request.principal],
          ({ after, limit }) =>
            listAuditEntries(tx, place, request.principal, { beforeId: idAfter(after), limit }),
          (entry) => [entry.id],
        ),
      );
      return { auditEntries: rows.map(auditEntryMessage), nextPageToken };
    },
  };
}
