import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { type Database, onceByRequestId, scopeOf, type Tx } from "@marketmesh/postgres";
import { callerOf, problem } from "@marketmesh/rpc";

/** What handlers share: the database and the service's clock. */
export interface Shell {
  readonly database: Database;
  readonly now: () => Date;
}

export interface Mutation<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  readonly market: string;
  readonly request: MessageShape<I> & { readonly requestId: string };
}

/** Runs a mutation once per request id, in one transaction as the caller. */
export function mutate<I extends DescMessage, O extends DescMessage>(
  { database }: Shell,
  context: HandlerContext,
  { method, market, request }: Mutation<I, O>,
  work: (tx: Tx) => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const { requestId } = request;
  return database.transaction(
    scopeOf(callerOf(context), market),
    (tx) => onceByRequestId(tx, { market, method, requestId, request }, () => work(tx)),
    { signal: context.signal, mayRepeat: true },
  );
}

/** Reads as the caller. */
export function read<T>(
  { database }: Shell,
  context: HandlerContext,
  market: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const options = { readOnly: true, signal: context.signal };
  return database.transaction(scopeOf(callerOf(context), market), work, options);
}

/** A party writes none of the market's rules, whatever permissions it was given. */
export function refuseParty(context: HandlerContext, resource: string): void {
  if (callerOf(context).reach !== "PARTY") return;
  throw problem(Code.PermissionDenied, "RESOURCE_NOT_ACCESSIBLE", `${resource} is not accessible`, {
    metadata: { resource },
  });
}
