import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  type Database,
  onceByRequestId,
  scopeOf,
  type TransactionOptions,
  type Tx,
} from "@marketmesh/postgres";
import { type Caller, callerOf } from "@marketmesh/rpc";

/** One call of a method that changes something. */
export interface Mutation<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  /** The market's id; empty for what belongs to the platform. */
  readonly market: string;
  readonly request: MessageShape<I> & { readonly requestId?: string };
}

/** What of a service's shell these need. */
export interface WithDatabase {
  readonly database: Database;
}

/**
 * Runs a mutation once per request id, in one transaction with the caller's eyes; a repeat gets the first answer. The answer is
 * remembered as the work gives it.
 */
export function mutate<I extends DescMessage, O extends DescMessage>(
  { database }: WithDatabase,
  context: HandlerContext,
  { method, market, request }: Mutation<I, O>,
  work: (tx: Tx, caller: Caller) => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const caller = callerOf(context);
  const call = { market, method, requestId: request.requestId ?? "", request };
  return database.transaction(
    scopeOf(caller, market),
    (tx) => onceByRequestId(tx, call, () => work(tx, caller)),
    { signal: context.signal, mayRepeat: true },
  );
}

/**
 * The answer that a mutation's request id got before; undefined when there is none. For mutations that ask others before
 * their transaction: a lost answer is then had at once, whoever is away.
 */
export async function remembered<I extends DescMessage, O extends DescMessage>(
  shell: WithDatabase,
  context: HandlerContext,
  mutation: Mutation<I, O>,
): Promise<MessageShape<O> | undefined> {
  if (!mutation.request.requestId) return undefined;
  try {
    return await mutate(shell, context, mutation, () => Promise.reject(new NotRememberedError()));
  } catch (error) {
    if (error instanceof NotRememberedError) return undefined;
    throw error;
  }
}

class NotRememberedError extends Error {}

/**
 * Reads as the caller, in one market (empty: the platform); from a replica, where there is one, while the primary is away, unless it is
 * told otherwise: what decides is read with `readFrom: "PRIMARY"`. The work may run twice.
 */
export function read<T>(
  { database }: WithDatabase,
  context: HandlerContext,
  market: string,
  work: (tx: Tx, caller: Caller) => Promise<T>,
  { readFrom = "PRIMARY_ELSE_REPLICA" }: Pick<TransactionOptions, "readFrom"> = {},
): Promise<T> {
  const caller = callerOf(context);
  const options = { readOnly: true, mayRepeat: true, readFrom, signal: context.signal };
  return database.transaction(scopeOf(caller, market), (tx) => work(tx, caller), options);
}
