import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  AllocationService,
  type BatchAllocateNowRequest,
  type DecisionSchema,
} from "@marketmesh/contracts/allocation/v1";
import { actAsMarket, type Scope, scopeOf, type Tx } from "@marketmesh/postgres";
import { type Caller, callerOf, idsOf, invalidField, notAccessible, problem } from "@marketmesh/rpc";
import { mutate, remembered } from "@marketmesh/service-host/calls";
import { activeTraceparent } from "@marketmesh/telemetry";
import { isContended, untilDecided, untilJudgedAlike } from "../decide/allocate.ts";
import type { WaitingDemand } from "../decide/allocate-group.ts";
import { type DecidedDemand, decideBatch } from "../decide/decide-batch.ts";
import { type Batch, JudgedBatch } from "../decide/judge-batch.ts";
import type { ReadAsMarket } from "../decide/ordinal-ids.ts";
import type { Plan } from "../domain/plan.ts";
import { awaitRevisions, parseRevisions } from "../rounds/revisions.ts";
import type { Shell } from "../shell.ts";
import { readLevels } from "../storage/capacity-store.ts";
import { readPlan } from "../storage/plan-store.ts";
import { toDecisionMessage } from "./decision-message.ts";
import { nameOf, patterns } from "./names.ts";
import { found, type Reason, refuse } from "./problem.ts";

const methods = AllocationService.method;
const patienceMsDefault = 5_000;

export function allocateNow(
  shell: Shell,
): Pick<ServiceImpl<typeof AllocationService>, "allocateNow" | "batchAllocateNow"> {
  return {
    allocateNow: async (request, context) => {
      const demand = demandOf(request.plan, request.demand, "demand");
      const mutation = { method: methods.allocateNow, market: marketOf(request.plan), request };
      const before = await remembered(shell, context, mutation);
      if (before) return before;
      const startMs = performance.now();
      const caller = callerOf(context);
      const { market, plan } = idsOf(patterns.plan, request.plan, "plan");
      await awaitAsked(shell, context, market, request.revisions);
      await refuseHidden(shell, caller, market, [demand]);
      const waiting: WaitingDemand = {
        ...{ plan, demand, revisions: request.revisions, startMs },
        scope: marketScope(caller, market),
        call: { market, method: methods.allocateNow, requestId: request.requestId, request },
        planFound: (read) => found(read, caller, "PLAN_NOT_FOUND", request.plan),
        answer: ({ decision, holds }) => {
          shell.telemetry.decided(1, holds.length, performance.now() - startMs);
          return { decision: toDecisionMessage(market, decision, holds) };
        },
        traceparent: activeTraceparent(),
      };
      return shell.now.decide(waiting, context.signal).catch((error: unknown) => {
        throw isContended(error) ? contended(request.plan, error) : error;
      });
    },

    batchAllocateNow: async (request, context) => {
      const demands = request.demands.map((name, at) => demandOf(request.plan, name, `demands[${at}]`));
      refuseRepeated(request.demands);
      const mutation = { method: methods.batchAllocateNow, market: marketOf(request.plan), request };
      const before = await remembered(shell, context, mutation);
      if (before) return before;
      const allocation = await begin(shell, context, request, demands);
      return allocation((decide) =>
        mutate(shell, context, mutation, async (tx) => ({ decisions: await decide(tx) })),
      );
    },
  };
}

type DecisionInit = MessageInitShape<typeof DecisionSchema>;
type Decide = (tx: Tx) => Promise<DecisionInit[]>;

/** Does everything that needs no transaction; what it returns runs the transaction until it is through. */
async function begin(
  shell: Shell,
  context: HandlerContext,
  request: BatchAllocateNowRequest,
  demands: readonly string[],
): Promise<<T>(transaction: (decide: Decide) => Promise<T>) => Promise<T>> {
  const startMs = performance.now();
  const { market, plan: planId } = idsOf(patterns.plan, request.plan, "plan");
  const caller = callerOf(context);
  await awaitAsked(shell, context, market, request.revisions);
  const readAsMarket = marketReader(shell, caller, market, context.signal);
  const plan = await readAllowedPlan(shell, caller, readAsMarket, market, planId, demands);
  const about = { uuid: shell.uuid, release: shell.release };
  const batch: Batch = { market, plan, demands, revisions: request.revisions, signal: context.signal };
  return async (transaction) => {
    let decided: readonly DecidedDemand[] = [];
    const elapsedMs = () => performance.now() - startMs;
    const judgeAndDecide = async () => {
      const judged = await JudgedBatch.judge(shell, batch, readAsMarket);
      return untilDecided(judged, shell.telemetry.decidedAgain, (spare) =>
        transaction(async (tx) => {
          await actAsMarket(tx);
          decided = await decideBatch(tx, { batch, judged, spare, ...about, elapsedMs });
          return decided.map(({ decision, holds }) => toDecisionMessage(market, decision, holds));
        }),
      );
    };
    const response = await untilJudgedAlike(judgeAndDecide).catch((error: unknown) => {
      throw isContended(error) ? contended(request.plan, error) : error;
    });
    const holds = decided.reduce((sum, { holds }) => sum + holds.length, 0);
    shell.telemetry.decided(decided.length, holds, elapsedMs());
    return response;
  };
}

function contended(plan: string, cause: unknown) {
  const message = "others were faster each time, or what judges changed each time";
  return problem(Code.Aborted, "DECISION_CONTENDED" satisfies Reason, message, {
    metadata: { plan },
    retryAfterMs: 100,
    cause,
  });
}

/** Waits for the revisions that a caller names. Most name none: no patience is made for them, whose timer outlives the call. */
async function awaitAsked(
  { database, signals }: Shell,
  context: HandlerContext,
  market: string,
  asked: readonly string[],
): Promise<void> {
  if (asked.length === 0) return;
  await awaitRevisions(database, signals, market, parseRevisions(asked), patienceOf(context));
}

/** Ends before the call's deadline does, so that the caller learns what it waited for in vain. */
function patienceOf({ signal, timeoutMs }: HandlerContext): AbortSignal {
  const leftMs = timeoutMs() ?? patienceMsDefault;
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, Math.floor(leftMs * 0.8)))]);
}

/** The plan, when the caller may decide these demands: a party decides its own only. */
async function readAllowedPlan(
  shell: Shell,
  caller: Caller,
  readAsMarket: ReadAsMarket,
  market: string,
  planId: string,
  demands: readonly string[],
): Promise<Plan> {
  await refuseHidden(shell, caller, market, demands);
  const plan = await readAsMarket((tx) => readPlan(tx, market, planId));
  return found(plan, caller, "PLAN_NOT_FOUND", nameOf(market, "plans", planId));
}

/** A party decides its own demands only. */
async function refuseHidden(
  shell: Shell,
  caller: Caller,
  market: string,
  demands: readonly string[],
): Promise<void> {
  if (caller.reach !== "PARTY") return;
  const own = await shell.database.transaction(scopeOf(caller, market), (tx) =>
    readLevels(tx, market, demands),
  );
  const visible = new Set(own.map(({ listingId }) => listingId));
  const hidden = demands.find((demand) => !visible.has(demand));
  if (hidden !== undefined) throw notAccessible(nameOf(market, "listings", hidden));
}

function marketScope(caller: Caller, market: string): Scope {
  return { ...scopeOf(caller, market), reach: "MARKET", party: "" };
}

function marketReader(shell: Shell, caller: Caller, market: string, signal: AbortSignal): ReadAsMarket {
  const scope = marketScope(caller, market);
  return (work) => shell.database.transaction(scope, work, { signal });
}

function marketOf(plan: string): string {
  return idsOf(patterns.plan, plan, "plan").market;
}

function demandOf(plan: string, name: string, field: string): string {
  const market = marketOf(plan);
  const ids = idsOf(patterns.listing, name, field);
  if (ids.market !== market) throw invalidField(field, `not a listing of markets/${market}`);
  return ids.listing;
}

function refuseRepeated(demands: readonly string[]): void {
  const seen = new Set<string>();
  for (const [at, demand] of demands.entries()) {
    if (seen.has(demand)) {
      throw refuse("DEMAND_REPEATED", `${demand} is named twice`, { demand }, `demands[${at}]`);
    }
    seen.add(demand);
  }
}
