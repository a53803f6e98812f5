import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { type Announcement, announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import { mutate as once } from "@marketmesh/service-host/calls";
import { audit } from "../audit.ts";
import type { Place } from "../domain/names.ts";
import type { Shell } from "../shell.ts";

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
  return once(shell, context, { method, market: place, request }, async (tx, caller) => {
    const { response, act, facts = [] } = await work(tx, caller);
    if (facts.length > 0) await announce(tx, facts);
    if (act) await audit(shell, tx, caller, { place, action: method.name, ...act });
    return response;
  });
}
