import { Code, ConnectError } from "@connectrpc/connect";
import type { Database } from "@marketmesh/postgres";
import { backoffMs, codeName, reasonOf } from "@marketmesh/rpc";
import { continueTrace, type Telemetry } from "@marketmesh/telemetry";
import type { Json, RunEvent } from "@marketmesh/workflow-engine";
import { SpanKind } from "@opentelemetry/api";
import { addCallJobs } from "../jobs/add-jobs.ts";
import { Group } from "../jobs/group.ts";
import type { Shell } from "../shell.ts";
import { type CallKey, callKeyOf, countAttempt, readCalls, type WaitingCall } from "../storage/call-store.ts";
import { answerRuns, type CallAnswer } from "./answer-runs.ts";
import { type ClientOf, callContract } from "./contract-call.ts";
import { refusedCall } from "./run-error.ts";

export interface CallLimits {
  readonly callTimeoutMs: number;
  readonly callAttemptsMax: number;
}

// Somebody is away, busy or was faster: as is, the same call may do.
const passing: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.ResourceExhausted,
  Code.Canceled,
]);

// What was read before is stale for good: the same request will not do.
function isPassing(error: ConnectError): boolean {
  return passing.has(error.code) && reasonOf(error) !== "ETAG_MISMATCH";
}

/** Carries out one call of a run, and tells the run. */
export type RunCall = (key: CallKey) => Promise<void>;

export function runCalls(
  shell: Shell,
  clientOf: ClientOf,
  spans: Pick<Telemetry, "span">,
  limits: CallLimits,
): RunCall {
  const { database, telemetry } = shell;
  const reading = new Group<CallKey, WaitingCall | undefined>(
    async (keys) => {
      const found = await database.background((tx) => readCalls(tx, keys), { readOnly: true });
      return keys.map((key) => found.get(callKeyOf(key)));
    },
    { sizeMax: 200, parallelMax: 2 },
  );
  const answering = new Group<CallAnswer, undefined>((answers) => answerRuns(shell, answers), {
    sizeMax: 200,
    parallelMax: 2,
  });

  async function attempt(key: CallKey, call: WaitingCall): Promise<Json> {
    const attributes = { "rpc.method": call.method, "marketmesh.run": key.run, attempt: call.attempts + 1 };
    const signal = AbortSignal.timeout(limits.callTimeoutMs);
    const work = () => callContract(clientOf, key, call, signal);
    return continueTrace(call.traceparent, () =>
      spans.span("run call", attributes, work, { kind: SpanKind.INTERNAL }),
    );
  }

  return async (key) => {
    const call = await reading.add(key);
    if (!call) return; // answered before, or the run has ended
    shell.faultPoint("call.begun");
    let outcome: Outcome;
    try {
      outcome = { kind: "returned", output: await attempt(key, call) };
      telemetry.called(call.method, "OK");
    } catch (cause) {
      const error = ConnectError.from(cause);
      telemetry.called(call.method, codeName(error.code));
      outcome = { kind: isPassing(error) ? "passing" : "refused", error };
    }
    shell.faultPoint("call.answered");
    if (outcome.kind === "passing") {
      if (await tryLater(database, key, call, outcome.error, limits)) return;
      telemetry.gaveUp(call.method);
    }
    await answering.add({
      key,
      traceparent: call.traceparent,
      event: eventOf(key, call, outcome, shell.nowMs()),
    });
    shell.faultPoint("call.told");
  };
}

type Outcome =
  | { readonly kind: "returned"; readonly output: Json }
  | { readonly kind: "refused" | "passing"; readonly error: ConnectError };

function eventOf({ effect }: CallKey, { method }: WaitingCall, outcome: Outcome, nowMs: number): RunEvent {
  if (outcome.kind === "returned")
    return { kind: "returned", nowMs, effectId: effect, output: outcome.output };
  return { kind: "failed", nowMs, effectId: effect, error: refusedCall(method, outcome.error) };
}

const backoffMaxMs = 30_000;

/** Puts the call back, ever later; false when its attempts are used up. */
async function tryLater(
  database: Database,
  key: CallKey,
  call: WaitingCall,
  error: ConnectError,
  { callAttemptsMax }: CallLimits,
): Promise<boolean> {
  if (call.attempts + 1 >= callAttemptsMax) return false;
  const delayMs = Math.min(backoffMaxMs, 100 * 2 ** call.attempts + backoffMs(1, Math.random()));
  await database.background(async (tx) => {
    if (await countAttempt(tx, key, codeName(error.code))) await addCallJobs(tx, [key], Date.now() + delayMs);
  });
  return true;
}
