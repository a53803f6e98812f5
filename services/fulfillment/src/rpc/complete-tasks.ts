import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { FulfillmentService, Task_State, type TaskCompletion } from "@marketmesh/contracts/fulfillment/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField, staleEtag } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { activeTraceparent } from "@marketmesh/telemetry";
import { complete, type JsonData, type Task, type TaskProblem } from "../domain/task.ts";
import type { Shell } from "../shell.ts";
import { RunSteps } from "../steps/run-steps.ts";
import { taskEvent } from "../steps/task-event.ts";
import { readTasks } from "../storage/task-store.ts";
import { isFresh } from "./etag.ts";
import { givenData } from "./json-data.ts";
import { callMs } from "./market-time.ts";
import { patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";
import { toTaskMessage } from "./task-message.ts";
import { actorOf, refuseTask } from "./tasks.ts";

const methods = FulfillmentService.method;
type Methods = Pick<ServiceImpl<typeof FulfillmentService>, "completeTask" | "batchCompleteTasks">;

/** Says that tasks are done: their runs go on in the same transaction. */
export function completeTasks(shell: Shell): Methods {
  return {
    completeTask: (request, context) => {
      const { market, task } = idsOf(patterns.task, request.name);
      const given = {
        task,
        result: givenData(request.result, "result"),
        time: request.marketTime,
        etag: request.etag,
      };
      return mutate(shell, context, { method: methods.completeTask, market, request }, async (tx, caller) => {
        const done = await completeAll(shell, tx, caller, market, [{ ...given, timeField: "market_time" }]);
        const outcome = found(done.get(task), caller, "TASK_NOT_FOUND", request.name);
        if (outcome.refusal === "ETAG_MISMATCH") throw staleEtag(request.name);
        if (outcome.refusal) throw refuseTask(outcome.refusal, request.name, outcome.task);
        return { task: toTaskMessage(market, outcome.task) };
      });
    },

    batchCompleteTasks: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const given = parseCompletions(market, request.completions);
      return mutate(
        shell,
        context,
        { method: methods.batchCompleteTasks, market, request },
        async (tx, caller) => {
          const done = await completeAll(shell, tx, caller, market, given);
          const hidden = caller.reach === "PARTY" ? "RESOURCE_NOT_ACCESSIBLE" : "TASK_NOT_FOUND";
          return {
            tasks: given.map(({ task }, at) => {
              const name = request.completions[at]!.task;
              const outcome = done.get(task);
              if (!outcome) return { task: name, state: Task_State.UNSPECIFIED, reason: hidden };
              return { task: name, state: Task_State[outcome.task.state], reason: outcome.refusal ?? "" };
            }),
          };
        },
      );
    },
  };
}

interface Completion {
  readonly task: string;
  readonly result: JsonData | undefined;
  readonly time: Timestamp | undefined;
  /** Where the time stands in the request. */
  readonly timeField: string;
  readonly etag: string;
}

function parseCompletions(market: string, completions: readonly TaskCompletion[]): Completion[] {
  const seen = new Set<string>();
  return completions.map(({ task: name, result, marketTime }, at) => {
    const field = `completions[${at}]`;
    const ids = idsOf(patterns.task, name, `${field}.task`);
    if (ids.market !== market) throw invalidField(`${field}.task`, `not a task of markets/${market}`);
    if (seen.has(ids.task)) {
      throw refuse("TASK_REPEATED", `${name} is named twice`, { task: name }, { field: `${field}.task` });
    }
    seen.add(ids.task);
    const timeField = `${field}.market_time`;
    return {
      task: ids.task,
      result: givenData(result, `${field}.result`),
      time: marketTime,
      timeField,
      etag: "",
    };
  });
}

interface Completed {
  readonly task: Task;
  readonly refusal?: TaskProblem | "ETAG_MISMATCH";
}

/** What becomes of each; those that the caller may not see are left out. */
async function completeAll(
  shell: Shell,
  tx: Tx,
  caller: Caller,
  market: string,
  completions: readonly Completion[],
): Promise<Map<string, Completed>> {
  const clock = await shell.clocks.of(tx, market);
  const times = new Map(
    completions.map(({ task, time, timeField }) => [task, callMs(clock, time, shell.nowMs(), timeField)]),
  );
  const seen = await readTasks(
    tx,
    market,
    completions.map(({ task }) => task),
  );
  await actAsMarket(tx);
  const place = { market, clock, nowMs: shell.nowMs() };
  const steps = await RunSteps.open(
    tx,
    shell,
    place,
    seen.map(({ run }) => run),
  );
  const ids = new Set(seen.map(({ id }) => id));
  // Read again: only now nobody else changes them.
  const current = new Map((await readTasks(tx, market, [...ids])).map((task) => [task.id, task]));
  const done = new Map<string, Completed>();
  for (const completion of completions) {
    const task = current.get(completion.task);
    if (task) done.set(task.id, completeOne(steps, caller, market, task, completion, times.get(task.id)!));
  }
  await steps.save();
  return done;
}

function completeOne(
  steps: RunSteps,
  caller: Caller,
  market: string,
  stored: Task,
  { result, etag }: Completion,
  nowMs: number,
): Completed {
  const moving = steps.get(stored.run)!;
  // An earlier completion of the same batch may have moved the run, and ended this task with it.
  const task = moving.tasks.get(stored.id) ?? stored;
  const decided = complete(task, actorOf(caller), result, nowMs);
  if (decided.kind === "unchanged") return { task };
  if (!isFresh(etag, task.version)) return { task, refusal: "ETAG_MISMATCH" };
  if (decided.kind === "refused") return { task, refusal: decided.reason };
  steps.putTask(moving, decided.task);
  const event = taskEvent(market, "TaskCompleted", decided.task);
  steps.apply(moving, { kind: "received", nowMs, event }, activeTraceparent());
  return { task: decided.task };
}
