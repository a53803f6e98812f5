import type { ServiceImpl } from "@connectrpc/connect";
import type { IdentityService } from "@marketmesh/contracts/identity/v1";
import type { Shell } from "../shell.ts";
import { listAuditEntries } from "../storage/audit-store.ts";
import { idAfter, listPage } from "./list.ts";
import { auditEntryMessage } from "./messages.ts";
import { read } from "./mutate.ts";
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
