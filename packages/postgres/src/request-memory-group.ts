import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { sql } from "drizzle-orm";
import { columns } from "./columns.ts";
import type { Tx } from "./database.ts";
import { RequestIdReusedError } from "./errors.ts";
import { bodyHash, digestOf, domainOf, nameOf, type RememberedCall } from "./request-memory.ts";

/** What one call of a group got: its answer, or what to throw to its caller. */
export type GroupedAnswer<T> =
  | { readonly ok: true; readonly response: T }
  | { readonly ok: false; readonly error: unknown };

/** A call with a request id, and the row that it is remembered by. */
interface Keyed<I extends DescMessage, O extends DescMessage> {
  readonly at: number;
  readonly call: RememberedCall<I, O>;
  readonly digest: string;
  readonly hash: Buffer;
}

interface Remembered extends Record<string, unknown> {
  readonly request_id: string;
  readonly body_hash: Buffer;
  readonly response: Buffer;
}

/**
 * `onceByRequestId` for up to 1,000 calls of one method, one market and the scope's principal, in one transaction that may repeat:
 * two statements for all of them. `work` gets the calls that are new and answers each by itself; what it refuses is not
 * remembered. No two of the calls have the same request id, unless it is empty.
 */
export async function onceEachByRequestId<I extends DescMessage, O extends DescMessage>(
  tx: Tx,
  calls: readonly RememberedCall<I, O>[],
  work: (calls: readonly RememberedCall<I, O>[]) => Promise<readonly GroupedAnswer<MessageInitShape<O>>[]>,
): Promise<readonly GroupedAnswer<MessageShape<O>>[]> {
  const keyed = keyedOf(calls);
  const answers = await recall(tx, keyed);
  const fresh = calls.flatMap((call, at) => (answers.has(at) ? [] : [{ call, at }]));
  const done = fresh.length === 0 ? [] : await work(fresh.map(({ call }) => call));
  const made = new Map<number, MessageShape<O>>();
  for (const [nth, { call, at }] of fresh.entries()) {
    const answer = done[nth]!;
    if (answer.ok) made.set(at, create(call.method.output, answer.response));
    answers.set(at, answer.ok ? { ok: true, response: made.get(at)! } : answer);
  }
  await remember(
    tx,
    keyed.filter(({ at }) => made.has(at)),
    made,
  );
  return calls.map((_, at) => answers.get(at)!);
}

// In the order of their keys: two groups that remember the same requests meet in the same order.
function keyedOf<I extends DescMessage, O extends DescMessage>(
  calls: readonly RememberedCall<I, O>[],
): Keyed<I, O>[] {
  const keyed = calls.flatMap((call, at) =>
    call.requestId === ""
      ? []
      : [{ at, call, digest: digestOf(call), hash: bodyHash(call.method.input, call) }],
  );
  return keyed.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

async function recall<I extends DescMessage, O extends DescMessage>(
  tx: Tx,
  keyed: readonly Keyed<I, O>[],
): Promise<Map<number, GroupedAnswer<MessageShape<O>>>> {
  const answers = new Map<number, GroupedAnswer<MessageShape<O>>>();
  if (keyed.length === 0) return answers;
  const { market, method } = keyed[0]!.call;
  // The ids as an array, which the scan of the primary key takes as they are. Joined with them, all that the principal ever
  // asked is read when the planner thinks it little, and the statistics of a table that grows always do.
  const ids = `{${keyed.map(({ digest }) => digest).join(",")}}`;
  const rows = await tx.execute<Remembered>(sql`
    select request_id, body_hash, response from marketmesh.remembered_requests
    where market = ${market} and principal = coalesce(marketmesh.principal(), '') and method = ${nameOf(method)}
      and request_id = any(cast(${ids} as text[]))`);
  const known = new Map(rows.map((row) => [row.request_id, row]));
  for (const { at, call, digest, hash } of keyed) {
    const row = known.get(digest);
    if (!row) continue;
    if (row.body_hash.equals(hash))
      answers.set(at, { ok: true, response: fromBinary(method.output, row.response) });
    else
      answers.set(at, {
        ok: false,
        error: new RequestIdReusedError(nameOf(method), call.requestId, domainOf(method)),
      });
  }
  return answers;
}

async function remember<I extends DescMessage, O extends DescMessage>(
  tx: Tx,
  keyed: readonly Keyed<I, O>[],
  made: ReadonlyMap<number, MessageShape<O>>,
): Promise<void> {
  if (keyed.length === 0) return;
  const { market, method } = keyed[0]!.call;
  const given = columns(keyed, {
    request_id: ["text", ({ digest }) => digest],
    body_hash: ["bytea", ({ hash }) => hash],
    response: ["bytea", ({ at }) => toBinary(method.output, made.get(at)!)],
  });
  const kept = await tx.execute(sql`
    insert into marketmesh.remembered_requests (market, principal, method, request_id, body_hash, response)
    select ${market}, coalesce(marketmesh.principal(), ''), ${nameOf(method)}, request_id, body_hash, response from ${given}
    on conflict do nothing`);
  // A repeat elsewhere was faster: undone and begun again, this one recalls its answer.
  if (kept.count !== keyed.length) throw Object.assign(new Error("a repeat was faster"), { code: "40001" });
}
