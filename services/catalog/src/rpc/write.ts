import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { onceByRequestId, scopeOf, type Tx } from "@marketmesh/postgres";
import { type Caller, callerOf } from "@marketmesh/rpc";
import type { Deps } from "./deps.ts";

/** One call of a mutation. */
export interface Mutation<I extends DescMessage, O extends DescMessage> {
  readonly market: string;
  readonly method: DescMethodUnary<I, O>;
  readonly request: MessageShape<I> & { readonly requestId: string };
}

/**
 * Runs a mutation once per request id, under the caller's scope. The answer is remembered as the work gives it, so the work
 * must leave personal attributes out of it; they are added afterwards (withPersonal).
 */
export function mutate<I extends DescMessage, O extends DescMessage>(
  { database }: Pick<Deps, "database">,
  context: HandlerContext,
  mutation: Mutation<I, O>,
  work: (tx: Tx, caller: Caller) => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const caller = callerOf(context);
  const { market, method, request } = mutation;
  return database.transaction(
    scopeOf(caller, market),
    (tx) =>
      onceByRequestId(tx, { market, method, requestId: request.requestId, request }, () => work(tx, caller)),
    { mayRepeat: true, signal: context.signal },
  );
}
