import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
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

type CreateHold = (typeof AllocationService)["method"]["createHold"];
type Response = MessageShape<CreateHold["output"]>;

/** One call of CreateHold. */
export interface WaitingHold {
  readonly caller: Pick<Caller, "principal">;
  readonly asked: AskedHold;
  readonly call: RememberedCall<CreateHold["input"], CreateHold["output"]>;
  /** The answer to what became of it; throws the refusal. */
  answer(created: CreatedHold): MessageInitShape<CreateHold["output"]>;
  /** The trace of the call; empty when it has none. */
  readonly traceparent: string;
}

const sizeMax = 200;
const waitingMax = 20_000;

/**
 * Where single holds of many callers meet. What has a request id is remembered for its principal, so it meets only that
 * principal's; all others meet each other.
 */
export class HoldGroup {
  readonly #database: Database;
  readonly #groups: GroupCommit<WaitingHold, GroupedAnswer<Response>>;

  constructor(database: Database) {
    this.#database = database;
    this.#groups = new GroupCommit({
      sizeMax,
      waitingMax,
      keyOf: ({ call }) => call.requestId || undefined,
      run: (group) => this.#createAll(group),
    });
  }

  async create(waiting: WaitingHold, signal: AbortSignal): Promise<Response> {
    const principal = principalOf(waiting);
    const created = await this.#groups.submit(`${waiting.call.market}\n${principal}`, waiting, signal);
    if (created.ok) return created.response;
    throw created.error;
  }

  #createAll(group: readonly WaitingHold[]): Promise<readonly GroupedAnswer<Response>[]> {
    const traceparents = group.map(({ traceparent }) => traceparent);
    const attributes = { "marketmesh.holds": group.length };
    const about = { name: "create holds", kind: SpanKind.INTERNAL, attributes, traceparents };
    return batchSpan(tracer, about, () => this.#transact(group));
  }

  #transact(group: readonly WaitingHold[]): Promise<readonly GroupedAnswer<Response>[]> {
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
            fresh.map(({ asked }) => asked),
          );
          return fresh.map(({ answer }, at) => answered(() => answer(created[at]!)));
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

function principalOf({ call, caller }: WaitingHold): string {
  return call.requestId === "" ? "serviceAccounts/allocation" : caller.principal;
}
