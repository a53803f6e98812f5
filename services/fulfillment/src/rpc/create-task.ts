import type { MethodImpl } from "@connectrpc/connect";
import { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { idsOf } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import type { Shell } from "../shell.ts";
import { lockRun } from "./move-run.ts";
import { nameOf, patterns, runOf } from "./names.ts";
import { refuse } from "./problem.ts";
import { refuseEnded } from "./run-verbs.ts";
import { parseTask, toTaskMessage } from "./task-message.ts";

const method = FulfillmentService.method.createTask;

export function createTask(shell: Shell): MethodImpl<typeof method> {
  return (request, context) => {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    const runName = request.task?.run ?? "";
    const run = runOf(market, runName, "task.run") ?? "";
    return mutate(shell, context, { method, market, request }, async (tx, caller) => {
      const { steps, moving, nowMs } = await lockRun(shell, tx, caller, {
        market,
        run,
        time: request.marketTime,
      });
      refuseEnded(runName, moving);
      const atMs = Math.max(nowMs, moving.state.nowMs);
      const task = parseTask(market, request.task, { id: shell.uuid(), run: moving.run, nowMs: atMs });
      const open = moving.openTask(task.type);
      if (open) {
        const name = nameOf(market, "tasks", open.id);
        throw refuse("TASK_ALREADY_EXISTS", `${name} of type ${task.type} is open`, { task: name });
      }
      steps.putTask(moving, task);
      await steps.save();
      return { task: toTaskMessage(market, task) };
    });
  };
}
