import type { ServiceImpl } from "@connectrpc/connect";
import { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { announce } from "@marketmesh/events";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField, listById, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { type Actor, claim, release, type Task, type TaskDecision } from "../domain/task.ts";
import { taskFact } from "../events/outbox.ts";
import type { Shell } from "../shell.ts";
import { lockRuns } from "../storage/run-store.ts";
import { listTasks, readTasks, saveTasks } from "../storage/task-store.ts";
import { isFresh } from "./etag.ts";
import { givenMs } from "./market-time.ts";
import { partyOf, patterns, runOf } from "./names.ts";
import { found, refuse } from "./problem.ts";
import { fromTaskState, toTaskMessage } from "./task-message.ts";

const methods = FulfillmentService.method;
type Methods = Pick<
  ServiceImpl<typeof FulfillmentService>,
  "getTask" | "listTasks" | "claimTask" | "releaseTask"
>;

const typePattern = /^[a-z][a-z0-9-]{0,62}$/;

/** A party sees and does its own tasks: row security picks them. */
export function tasks(shell: Shell): Methods {
  return {
    getTask: (request, context) => {
      const { market, task: id } = idsOf(patterns.task, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const [task] = await readTasks(tx, market, [id]);
        return { task: toTaskMessage(market, found(task, caller, "TASK_NOT_FOUND", request.name)) };
      });
    },

    listTasks: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      if (request.type !== "" && !typePattern.test(request.type))
        throw invalidField("type", "no type of a task");
      const filter = {
        state: fromTaskState(request.state),
        type: request.type === "" ? undefined : request.type,
        party: partyOf(market, request.party, "party"),
        run: runOf(market, request.run, "run"),
        dueBeforeMs: givenMs(request.dueBefore, "due_before"),
      };
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["tasks", market, filter], (after, limit) =>
          listTasks(tx, market, filter, after, limit),
        ),
      );
      return { tasks: rows.map((task) => toTaskMessage(market, task)), nextPageToken };
    },

    claimTask: (request, context) => {
      const { market } = idsOf(patterns.task, request.name);
      return mutate(shell, context, { method: methods.claimTask, market, request }, (tx, caller) =>
        decide(tx, caller, request, claim),
      );
    },

    releaseTask: (request, context) => {
      const { market } = idsOf(patterns.task, request.name);
      return mutate(shell, context, { method: methods.releaseTask, market, request }, (tx, caller) =>
        decide(tx, caller, request, release),
      );
    },
  };
}

/** Who acts on a task. */
export function actorOf(caller: Caller): Actor {
  return { principal: caller.principal, isStaff: caller.reach !== "PARTY" };
}

/** The task as the caller sees it, then the market's hands, the run's lock, and the task as it is. */
async function decide(
  tx: Tx,
  caller: Caller,
  request: { readonly name: string; readonly etag: string },
  decision: (task: Task, actor: Actor) => TaskDecision,
) {
  const { market, task: id } = idsOf(patterns.task, request.name);
  const [seen] = await readTasks(tx, market, [id]);
  const { run } = found(seen, caller, "TASK_NOT_FOUND", request.name);
  await actAsMarket(tx);
  await lockRuns(tx, market, [run]);
  const [task] = await readTasks(tx, market, [id]);
  const decided = decision(task!, actorOf(caller));
  if (decided.kind === "unchanged") return { task: toTaskMessage(market, decided.task) };
  if (!isFresh(request.etag, task!.version)) throw staleEtag(request.name);
  if (decided.kind === "refused") throw refuseTask(decided.reason, request.name, task!);
  await saveTasks(tx, market, [decided.task]);
  await announce(tx, [taskFact(market, decided.task)]);
  return { task: toTaskMessage(market, decided.task) };
}

export function refuseTask(reason: "TASK_ENDED" | "TASK_CLAIMED", name: string, task: Task) {
  if (reason === "TASK_CLAIMED")
    return refuse(reason, `${name} was claimed by somebody else`, { task: name });
  return refuse(reason, `${name} is ${task.state}`, { task: name, state: task.state });
}
