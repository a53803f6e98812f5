import type { Tx } from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import type { Place } from "./domain/names.ts";
import type { Shell } from "./shell.ts";
import { insertAuditEntry } from "./storage/audit-store.ts";

/** What was done, and to what. */
export interface Act {
  readonly place: Place;
  readonly action: string;
  readonly resource: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** Who did it; a caller, or identity itself at its start. */
export type Who = Pick<Caller, "principal" | "requestId" | "via">;

/** Records who did what. Details are ids and names, never secrets or personal data. */
export function audit(shell: Omit<Shell, "database">, tx: Tx, caller: Who, act: Act): Promise<void> {
  return insertAuditEntry(tx, {
    ...act,
    details: act.details ?? {},
    id: shell.uuid(),
    occurTime: shell.now(),
    principal: caller.principal,
    via: caller.via ?? "",
    requestId: caller.requestId,
  });
}
