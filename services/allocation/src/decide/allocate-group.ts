import { AsyncLocalStorage } from "node:async_hooks";
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
import {
  type GroupedAnswer,
  onceEachByRequestId,
  type RememberedCall,
  type Scope,
} from "@marketmesh/postgres";
import { batchSpan } from "@marketmesh/telemetry";
import { SpanKind } from "@opentelemetry/api";
import type { Plan } from "../domain/plan.ts";
import { GroupCommit } from "../ledger/group-commit.ts";
import type { Shell } from "../shell.ts";
import { tracer } from "../spans.ts";
import { untilDecided, untilJudgedAlike } from "./allocate.ts";
import { type DecidedDemand, decideBatch } from "./decide-batch.ts";
import { type Batch, JudgedBatch } from "./judge-batch.ts";

type AllocateNow = (typeof AllocationService)["method"]["allocateNow"];
type Response = MessageShape<AllocateNow["output"]>;

/** One call of AllocateNow. */
export interface WaitingDemand {
  readonly plan: string;
  readonly demand: string;
  readonly revisions: readonly string[];
  /** The market's eyes, by the caller's principal: what a party may decide was checked before. */
  readonly scope: Scope;
  readonly call: RememberedCall<AllocateNow["input"], AllocateNow["output"]>;
  /** The plan that was read; throws the refusal when there is none. */
  planFound(plan: Plan | undefined): Plan;
  answer(decided: DecidedDemand): MessageInitShape<AllocateNow["output"]>;
  /** The trace of the call; empty when it has none. */
  readonly traceparent: string;
  /** `performance.now()` when the call came. */
  readonly startMs: number;
}

type GroupShell = Omit<Shell, "now">;

interface Entry extends WaitingDemand {
  readonly lane: string;
  /** What is asked of neighbours is asked in this call's name and within its deadline. */
  readonly inCall: <T>(work: () => T) => T;
}

const sizeMax = 100;
const waitingMax = 5_000;
/** Groups of a plan under way at a time: one is judged while another is committed. */
const lanes = 2;
const groupTimeoutMs = 10_000;

/**
 * Where calls of AllocateNow meet: those of one plan and one principal that arrive while others are decided are filtered,
 * ranked and committed together. A call that finds nobody under way is decided at once.
 */
export class AllocateGroup {
  readonly #shell: GroupShell;
  readonly #groups: GroupCommit<Entry, GroupedAnswer<Response>>;
  /** Calls under way by lane. */
  readonly #busy = new Map<string, number>();

  constructor(shell: GroupShell) {
    this.#shell = shell;
    this.#groups = new GroupCommit({
      sizeMax,
      waitingMax,
      keyOf: ({ demand }) => demand,
      run: (group) => group[0]!.inCall(() => this.#decideAll(group)),
    });
  }

  async decide(waiting: WaitingDemand, signal: AbortSignal): Promise<Response> {
    const { scope, plan } = waiting;
    const lane = this.#quietest(`${scope.market}\n${plan}\n${scope.principal}`);
    const entry: Entry = { ...waiting, lane, inCall: AsyncLocalStorage.snapshot() };
    this.#count(lane, 1);
    try {
      const decided = await this.#groups.submit(lane, entry, signal);
      if (decided.ok) return decided.response;
      throw decided.error;
    } finally {
      this.#count(lane, -1);
    }
  }

  #quietest(name: string): string {
    const names = Array.from({ length: lanes }, (_, nth) => `${name}\n${nth}`);
    const busy = names.map((lane) => this.#busy.get(lane) ?? 0);
    return names[busy.indexOf(Math.min(...busy))]!;
  }

  #count(lane: string, calls: number): void {
    const now = (this.#busy.get(lane) ?? 0) + calls;
    if (now === 0) this.#busy.delete(lane);
    else this.#busy.set(lane, now);
  }

  #decideAll(group: readonly Entry[]): Promise<readonly GroupedAnswer<Response>[]> {
    const traceparents = group.map(({ traceparent }) => traceparent);
    const attributes = { "marketmesh.demands": group.length };
    const about = { name: "allocate now", kind: SpanKind.INTERNAL, attributes, traceparents };
    return batchSpan(tracer, about, () => untilJudgedAlike(() => this.#judgeAndDecide(group)));
  }

  async #judgeAndDecide(group: readonly Entry[]): Promise<readonly GroupedAnswer<Response>[]> {
    const { database, telemetry } = this.#shell;
    const [first] = group as [Entry];
    const { scope, plan: planId } = first;
    const { market } = scope;
    const signal = AbortSignal.timeout(groupTimeoutMs);
    const judged = await JudgedBatch.judge(
      this.#shell,
      {
        market,
        plan: { id: planId, found: (plan) => first.planFound(plan) },
        demands: group.map(({ demand }) => demand),
        revisions: [...new Set(group.flatMap(({ revisions }) => revisions))],
        signal,
      },
      (work) => database.transaction(scope, work, { signal, readOnly: true }),
    );
    return untilDecided(judged, telemetry.decidedAgain, (spare) =>
      database.transaction(scope, (tx) => this.#transact(tx, group, judged, spare), {
        signal,
        mayRepeat: true,
      }),
    );
  }

  #transact(
    tx: Parameters<typeof decideBatch>[0],
    group: readonly Entry[],
    judged: JudgedBatch,
    spare: number,
  ): Promise<readonly GroupedAnswer<Response>[]> {
    const { uuid, release } = this.#shell;
    const entryOf = new Map(group.map((entry) => [entry.call, entry]));
    const startMs = Math.min(...group.map(({ startMs }) => startMs));
    return onceEachByRequestId(tx, [...entryOf.keys()], async (calls) => {
      const fresh = calls.map((call) => entryOf.get(call)!);
      const batch: Batch = { ...judged.batch, demands: fresh.map(({ demand }) => demand) };
      const elapsedMs = () => performance.now() - startMs;
      const decided = await decideBatch(tx, { batch, judged, spare, uuid, release, elapsedMs });
      return fresh.map(({ answer }, at) => ({ ok: true, response: answer(decided[at]!) }));
    });
  }
}
