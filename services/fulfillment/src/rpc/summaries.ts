import type { ServiceImpl } from "@connectrpc/connect";
import { type FulfillmentService, Run_State } from "@marketmesh/contracts/fulfillment/v1";
import { idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { Shell } from "../shell.ts";
import { readClocks } from "../storage/clock-store.ts";
import { readProgress, type StageFigures, summarize } from "../storage/summary-store.ts";
import { readWorkflow } from "../storage/workflow-store.ts";
import { timestampOf } from "./market-time.ts";
import { patterns } from "./names.ts";
import { found } from "./problem.ts";

type Methods = Pick<ServiceImpl<typeof FulfillmentService>, "getWorkflowSummary" | "getMarketProgress">;

export function summaries(shell: Pick<Shell, "database" | "nowMs">): Methods {
  return {
    getWorkflowSummary: (request, context) => {
      const { market, workflow: id } = idsOf(patterns.workflow, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const workflow = found(
          await readWorkflow(tx, market, id),
          caller,
          "WORKFLOW_NOT_FOUND",
          request.name,
        );
        const clock = (await readClocks(tx, [market])).get(market)?.clock;
        const nowMs = clock?.mode === "SANDBOX" ? clock.clockMs : shell.nowMs();
        const figures = await summarize(tx, market, id, nowMs);
        // Stages of older versions, in which runs may be, come last.
        const stages = new Set([...workflow.stages, ...[...figures.stages.keys()].sort()]);
        return {
          summary: {
            workflow: request.name,
            states: figures.states.map(({ status, count }) => ({
              state: Run_State[status],
              runCount: BigInt(count),
            })),
            stages: [...stages].map((stage) => toStageMessage(stage, figures.stages.get(stage))),
            outcomes: figures.outcomes.map(({ outcome, count }) => ({ outcome, runCount: BigInt(count) })),
          },
        };
      });
    },

    getMarketProgress: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      return read(shell, context, market, async (tx) => {
        const clock = (await readClocks(tx, [market])).get(market)?.clock;
        const byMs = clock?.mode === "SANDBOX" ? clock.clockMs : shell.nowMs();
        const progress = await readProgress(tx, market, byMs);
        return {
          marketTime: timestampOf(clock?.mode === "SANDBOX" ? clock.wokenMs : clock && byMs),
          runningCount: BigInt(progress.running),
          waitingCount: BigInt(progress.waiting),
          faultedCount: BigInt(progress.faulted),
          endedCount: BigInt(progress.ended),
          dueCount: BigInt(progress.due),
          openTaskCount: BigInt(progress.openTasks),
          nextWakeTime: timestampOf(progress.nextWakeMs),
        };
      });
    },
  };
}

function toStageMessage(stage: string, figures: StageFigures | undefined) {
  return {
    stage,
    inCount: BigInt(figures?.inCount ?? 0),
    leftCount: BigInt(figures?.leftCount ?? 0),
    durationP50Ms: BigInt(figures?.p50Ms ?? 0),
    durationP95Ms: BigInt(figures?.p95Ms ?? 0),
    oldestMs: BigInt(figures?.oldestMs ?? 0),
  };
}
