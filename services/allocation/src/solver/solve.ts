import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { SolveRequest, SolverService } from "@marketmesh/contracts/allocation/v1";
import { idsOf, invalidField } from "@marketmesh/rpc";
import { Thread } from "../decisions/heavy/thread.ts";
import { patterns } from "../rpc/names.ts";
import { answersOf, type Handle } from "./answer-message.ts";
import { graphInvalid } from "./columns.ts";
import { patiently } from "./patiently.ts";
import { Receiver } from "./receive.ts";
import type { SentGraph, SentPlan } from "./sent-graph.ts";
import { isEasy, type Solved, type SolveJob, solveSent } from "./solve-job.ts";
import { parseSolvePlan } from "./solve-plan.ts";
import type { SolverShell } from "./solver-shell.ts";

const idleMs = 30_000;
const progressEveryMs = 5_000;

export function solve(shell: SolverShell): MethodImpl<typeof SolverService.method.solve> {
  return async function* (requests, context) {
    // Taken before anything is read, so that uploads are bounded too.
    using _ = shell.gate.takeThread();
    const { market, plan, graph, counts, withPrices } = await received(patiently(requests, idleMs));
    const startMs = performance.now();
    const solving = solved({ kind: "SOLVE", graph, plan }, context.signal);
    // Awaited below; meanwhile a failure must not count as unhandled.
    solving.catch(() => {});
    for (;;) {
      const elapsed = durationFromMs(Math.round(performance.now() - startMs));
      yield { part: { case: "progress", value: { ...counts, elapsed } } };
      if (await settledWithin(solving, progressEveryMs)) break;
    }
    const answer = await solving;
    if (answer.kind === "REFUSED") throw graphInvalid(fieldOf(answer.cause), answer.cause, answer.message);
    const kept = keep(shell, { market, graph, plan, solution: answer.solution });
    yield* answersOf(answer, kept, withPrices);
  };
}

async function solved(job: SolveJob, signal: AbortSignal): Promise<Solved> {
  if (isEasy(job)) return solveSent(job);
  using thread = new Thread(signal);
  return await thread.answer(job);
}

interface Received {
  readonly market: string;
  readonly plan: SentPlan;
  readonly graph: SentGraph;
  readonly counts: Receiver["counts"];
  readonly withPrices: boolean;
}

async function received(requests: AsyncIterable<SolveRequest>): Promise<Received> {
  let begun: { readonly parent: string; readonly plan: SentPlan; readonly withPrices: boolean } | undefined;
  let receiver: Receiver | undefined;
  for await (const { parent, part } of requests) {
    if (!begun || !receiver) {
      if (part.case !== "plan") throw invalidField("plan", "The first message brings the plan.");
      begun = { parent, plan: parseSolvePlan(part.value), withPrices: part.value.withPrices };
      receiver = new Receiver(part.value);
    } else {
      if (parent !== "" && parent !== begun.parent)
        throw invalidField("parent", "All messages of a stream are of one market.");
      take(receiver, part);
    }
  }
  if (!begun || !receiver) throw graphInvalid("plan", "GRAPH_EMPTY", "the stream ended without a plan");
  const { market } = idsOf(patterns.market, begun.parent, "parent");
  return {
    market,
    plan: begun.plan,
    withPrices: begun.withPrices,
    counts: receiver.counts,
    graph: receiver.whole(),
  };
}

function take(receiver: Receiver, part: SolveRequest["part"]): void {
  if (part.case === "demands") receiver.demands(part.value);
  else if (part.case === "supplies") receiver.supplies(part.value);
  else if (part.case === "edges") receiver.edges(part.value);
  else if (part.case === "plan") throw invalidField("plan", "The plan comes once, in the first message.");
  else throw invalidField("part", "A message brings a part.");
}

/** Which part of the request a word of the engine is about. */
function fieldOf(cause: string): string {
  if (cause === "CAPACITY_INVALID") return "demands.capacities";
  return cause.startsWith("EDGE_") || cause.startsWith("SCORE_") ? "edges" : "plan";
}

function keep(shell: SolverShell, kept: Parameters<SolverShell["solutions"]["keep"]>[1]): Handle | undefined {
  const handle = shell.uuid();
  const expireMs = shell.solutions.keep(handle, kept);
  return expireMs === undefined ? undefined : { handle, expireMs };
}

/** Whether the promise, fulfilled or not, is settled before so long is over. */
async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
