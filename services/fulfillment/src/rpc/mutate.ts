import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { onceByRequestId, scopeOf, type Tx } from "@marketmesh/postgres";
import { type Caller, callerOf } from "@marketmesh/rpc";
import { sql } from "drizzle-orm";
import type { Shell } from "../shell.ts";

export interface Mutation<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  readonly market: string;
  readonly request: MessageShape<I> & { readonly requestId?: string };
}

/** Runs a mutation once per request id, in one transaction with the caller's eyes. */
export function mutate<I extends DescMessage, O extends DescMessage>(
  shell: Pick<Shell, "database">,
  context: HandlerContext,
  { method, market, request }: Mutation<I, O>,
  work: (tx: Tx, caller: Caller) => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const caller = callerOf(context);
  const call = { market, method, requestId: request.requestId ?? "", request };
  return shell.database.transaction(
    scopeOf(caller, market),
    (tx) => onceByRequestId(tx, call, () => work(tx, caller)),
    { signal: context.signal, mayRepeat: true },
  );
}

/** Reads as the caller. */
export function read<T>(
  shell: Pick<Shell, "database">,
  context: HandlerContext,
  market: string,
  work: (tx: Tx, caller: Caller) => Promise<T>,
): Promise<T> {
  const caller = callerOf(context);
  const options = { readOnly: true, signal: context.signal };
  return shell.database.transaction(scopeOf(caller, market), (tx) => work(tx, caller), options);
}

/**
 * From here on the transaction has the market's hands: what a party may do was checked with its own eyes, but carrying it
 * out moves a run that it may not see. The principal stays.
 */
export async function actAsMarket(tx: Tx): Promise<void> {
  await tx.execute(
    sql`select set_config('marketmesh.reach', 'MARKET', true), set_config('marketmesh.party', '', true)`,
  );
}
