import type { ServiceImpl } from "@connectrpc/connect";
import type { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import type { Shell } from "../shell.ts";
import { completeTasks } from "./complete-tasks.ts";
import { createTask } from "./create-task.ts";
import { runVerbs } from "./run-verbs.ts";
import { runs } from "./runs.ts";
import { startRun } from "./start-run.ts";
import { summaries } from "./summaries.ts";
import { tasks } from "./tasks.ts";
import { workflows } from "./workflows.ts";

/** The verbs of one resource stand in one file; the larger ones in their own. */
export function fulfillmentRoutes(shell: Shell): ServiceImpl<typeof FulfillmentService> {
  return {
    ...workflows(shell),
    startRun: startRun(shell),
    ...runs(shell),
    ...runVerbs(shell),
    createTask: createTask(shell),
    ...tasks(shell),
    ...completeTasks(shell),
    ...summaries(shell),
  };
}
