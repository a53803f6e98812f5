import { createHash, createHmac } from "node:crypto";
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { sql } from "drizzle-orm";
import type { Tx } from "./database.ts";
import { RequestIdReusedError } from "./errors.ts";

/** A mutation that may arrive twice. */
export interface RememberedCall<I extends DescMessage, O extends DescMessage> {
  /** The market's id; empty for a method of the platform. The same as the scope's. */
  readonly market: string;
  readonly method: DescMethodUnary<I, O>;
  /** Chosen by the caller. Empty: nothing is remembered and the work runs. */
  readonly requestId: string;
  readonly request: MessageShape<I>;
}

/**
 * Runs the work once per (market, principal of the scope, method, request id) and remembers its answer for 24 hours,
 * in the same transaction. A repeat with the same body gets the first answer; with another body RequestIdReusedError
 * (INVALID_ARGUMENT, REQUEST_ID_REUSED). A concurrent repeat waits for the first to commit or roll back.
 */
export async function onceByRequestId<I extends DescMessage, O extends DescMessage>(
  tx: Tx,
  call: RememberedCall<I, O>,
  work: () => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const { method, requestId } = call;
  if (requestId === "") return create(method.output, await work());
  const hash = bodyHash(method.input, call);
  if (!(await claim(tx, call, hash))) return recall(tx, call, hash);
  const response = create(method.output, await work());
  await tx.execute(sql`update marketmesh.remembered_requests set response = ${toBinary(method.output, response)}
    where ${key(call)}`);
  return response;
}

/** Forgets answers older than 24 hours, at most `rowsMax`; returns how many. Runs in the background role. */
export async function purgeRememberedRequests(tx: Tx, rowsMax: number): Promise<number> {
  const gone = await tx.execute(sql`delete from marketmesh.remembered_requests where ctid = any(array(
    select ctid from marketmesh.remembered_requests where create_time < now() - interval '24 hours'
    order by create_time limit ${rowsMax} for update skip locked))`);
  return gone.count;
}

type KeyedCall = Omit<RememberedCall<DescMessage, DescMessage>, "request">;

async function claim(tx: Tx, call: KeyedCall, hash: Buffer): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into marketmesh.remembered_requests (market, principal, method, request_id, body_hash)
    values (${call.market}, coalesce(marketmesh.principal(), ''), ${nameOf(call.method)}, ${digestOf(call)}, ${hash})
    on conflict do nothing`);
  return inserted.count === 1;
}

async function recall<I extends DescMessage, O extends DescMessage>(
  tx: Tx,
  call: RememberedCall<I, O>,
  hash: Buffer,
): Promise<MessageShape<O>> {
  const [row] = await tx.execute<{ body_hash: Buffer; response: Buffer }>(
    sql`select body_hash, response from marketmesh.remembered_requests where ${key(call)}`,
  );
  if (!row?.body_hash.equals(hash)) {
    throw new RequestIdReusedError(nameOf(call.method), call.requestId, domainOf(call.method));
  }
  return fromBinary(call.method.output, row.response);
}

function key(call: KeyedCall) {
  return sql`market = ${call.market} and principal = coalesce(marketmesh.principal(), '')
    and method = ${nameOf(call.method)} and request_id = ${digestOf(call)}`;
}

// The request id is the key of the body's hash. It is not stored, so whoever has the rows can't try bodies against them.
export function digestOf({ requestId }: { readonly requestId: string }): string {
  return createHash("sha256").update(requestId).digest("base64url");
}

// Some clients write maps in another order each time, so the body is compared as JSON with sorted keys.
export function bodyHash<I extends DescMessage>(
  input: I,
  { requestId, request }: { readonly requestId: string; readonly request: MessageShape<I> },
): Buffer {
  return createHmac("sha256", requestId)
    .update(JSON.stringify(sorted(toJson(input, request))))
    .digest();
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] as JsonValue)]));
}

export function nameOf(method: DescMethodUnary): string {
  return `${method.parent.typeName}/${method.name}`;
}

// `marketmesh.catalog.v1.CatalogService` -> `catalog.marketmesh`
export function domainOf(method: DescMethodUnary): string {
  return `${method.parent.typeName.split(".")[1]}.marketmesh`;
}
