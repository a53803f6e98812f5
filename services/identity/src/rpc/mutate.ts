import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { type Announcement, announce } from "@marketmesh/events";
import { type Database, onceByRequestId, scopeOf, type Tx } from "@marketmesh/postgres";
import { type Caller, callerOf } from "@marketmesh/rpc";
import type { Place } from "../domain/names.ts";
import { insertAuditEntry } from "../storage/audit-store.ts";

/** What handlers share: the database, and time and ids from outside. */
export interface Shell {
  readonly database: Database;
  readonly now: () => Date;
  readonly uuid: () => string;
}

/** What a mutation did: nothing is announced or audited that did not happen. */
export interface Outcome<O extends DescMessage> {
  readonly response: MessageInitShape<O>;
  /** Absent when nothing changed. */
  readonly act?: { readonly resource: string; readonly details?: Readonly<Record<string, string>> };
  readonly facts?: readonly Announcement[];
}

export interface Mutation<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  readonly place: Place;
  readonly request: MessageShape<I> & { readonly requestId: string };
}

/**
 * Runs a mutation once per request id, in one transaction as the caller, with its announcements and its audit entry: there is no
 * way to change something here and leave no trace.
 */
export function mutate<I extends DescMessage, O extends DescMessage>(
  shell: Shell,
  context: HandlerContext,
  { method, place, request }: Mutation<I, O>,
  work: (tx: Tx, caller: Caller) => Promise<Outcome<O>>,
): Promise<MessageShape<O>> {
  const caller = callerOf(context);
  return shell.database.transaction(
    scopeOf(caller, place),
    (tx) =>
      onceByRequestId(tx, { market: place, method, requestId: request.requestId, request }, async () => {
        const { response, act, facts = [] } = await work(tx, caller);
        if (facts.length > 0) await announce(tx, facts);
        if (act) await audit(shell, tx, caller, { place, action: method.name, ...act });
        return response;
      }),
    { signal: context.signal },
  );
}

interface Act {
  readonly place: Place;
  readonly action: string;
  readonly resource: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** Records who did what. Details are ids and names, never secrets or personal data. */
export function audit(
  shell: Omit<Shell, "database">,
  tx: Tx,
  caller: Pick<Caller, "principal" | "requestId"> & { via?: string },
  act: Act,
): Promise<void> {
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

/** Reads as the caller, in one place. */
export function read<T>(
  shell: Shell,
  context: HandlerContext,
  place: Place,
  work: (tx: Tx, caller: Caller) => Promise<T>,
): Promise<T> {
  const caller = callerOf(context);
  const options = { readOnly: true, signal: context.signal };
  return shell.database.transaction(scopeOf(caller, place), (tx) => work(tx, caller), options);
}
