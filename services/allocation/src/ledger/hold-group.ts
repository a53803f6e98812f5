import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import {
  type Database,
  type GroupedAnswer,
  onceEachByRequestId,
  type RememberedCall,
  type Scope,
} from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import { batchSpan } from "@marketmesh/telemetry";
import { SpanKind } from "@opentelemetry/api";
import { tracer } from "../spans.ts";
import { type AskedHold, type CreatedHold, createHolds } from "./create-holds.ts";
import { GroupCommit } from "./group-commit.ts";

/** One call that wants holds. */
export interface WaitingHolds<I extends DescMessage, O extends DescMessage> {
  readonly caller: Pick<Caller, "principal">;
  readonly asked: readonly AskedHold[];
  readonly call: RememberedCall<I, O>;
  /** The answer to what became of them, in their order; throws the refusal. */
  answer(created: readonly CreatedHold[]): MessageInitShape<O>;
  /** The trace of the call; empty when it has none. */
  readonly traceparent: string;
}

const waitingMax = 20_000;

/**
 * Where calls of one method meet, those of many callers. What has a request id is remembered for its principal, so it meets only that
 * principal's; all others meet each other. What a group does to a listing is written and announced once, however many of its holds do it.
 */
export class HoldGroup<I extends DescMessage, O extends DescMessage> {
  readonly #database: Database;
  readonly #groups: GroupCommit<WaitingHolds<I, O>, GroupedAnswer<MessageShape<O>>>;

  /** @param holdsMax of a group */
  constructor(database: Database, holdsMax: number) {
    this.#database = database;
    this.#groups = new GroupCommit({
      sizeMax: holdsMax,
      waitingMax,
      keyOf: ({ call }) => call.requestId || undefined,
      sizeOf: ({ asked }) => asked.length,
      run: (group) => this.#createAll(group),
    });
  }

  async create(waiting: WaitingHolds<I, O>, signal: AbortSignal): Promise<MessageShape<O>> {
    const principal = principalOf(waiting);
    const created = await this.#groups.submit(`${waiting.call.market}\n${principal}`, waiting, signal);
    if (created.ok) return created.response;
    throw created.error;
  }

  #createAll(group: readonly WaitingHolds<I, O>[]): Promise<readonly GroupedAnswer<MessageShape<O>>[]> {
    const traceparents = group.map(({ traceparent }) => traceparent);
    const attributes = { "marketmesh.holds": group.reduce((sum, { asked }) => sum + asked.length, 0) };
    const about = { name: "create holds", kind: SpanKind.INTERNAL, attributes, traceparents };
    return batchSpan(tracer, about, () => this.#transact(group));
  }

  #transact(group: readonly WaitingHolds<I, O>[]): Promise<readonly GroupedAnswer<MessageShape<O>>[]> {
    const { market } = group[0]!.call;
    // The market's hands: what a party may hold is checked for each call.
    const scope: Scope = { market, reach: "MARKET", principal: principalOf(group[0]!), party: "" };
    const waitingOf = new Map(group.map((waiting) => [waiting.call, waiting]));
    return this.#database.transaction(
      scope,
      (tx) =>
        onceEachByRequestId(tx, [...waitingOf.keys()], async (calls) => {
          const fresh = calls.map((call) => waitingOf.get(call)!);
          const created = await createHolds(
            tx,
            market,
            fresh.flatMap(({ asked }) => asked),
          );
          let from = 0;
          return fresh.map(({ asked, answer }) => {
            const own = created.slice(from, from + asked.length);
            from += asked.length;
            return answered(() => answer(own));
          });
        }),
      { mayRepeat: true },
    );
  }
}

function answered<T>(answer: () => T): GroupedAnswer<T> {
  try {
    return { ok: true, response: answer() };
  } catch (error) {
    return { ok: false, error };
  }
}

function principalOf({
  call,
  caller,
}: Pick<WaitingHolds<DescMessage, DescMessage>, "call" | "caller">): string {
  return call.requestId === "" ? "serviceAccounts/allocation" : caller.principal;
}
