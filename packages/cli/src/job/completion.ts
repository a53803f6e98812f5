import { Run_State, type WorkflowSummary } from "@marketmesh/contracts/fulfillment/v1";
import { idOf } from "./names.ts";
import type { MarketReport } from "./report.ts";

type Completion = Pick<MarketReport, "completed" | "faulted" | "outcomes" | "timeInStageMs">;

/** What the runs that carry allocations out came to. */
export function completionOf(summaries: readonly WorkflowSummary[]): Completion {
  const outcomes: Record<string, number> = {};
  for (const { outcome, runCount } of summaries.flatMap((summary) => summary.outcomes)) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + Number(runCount);
  }
  return {
    completed: runsIn(summaries, Run_State.COMPLETED),
    faulted: runsIn(summaries, Run_State.FAULTED),
    outcomes,
    timeInStageMs: summaries.flatMap(({ workflow, stages }) =>
      stages.map(({ stage, leftCount, durationP50Ms, durationP95Ms }) => ({
        workflow: idOf(workflow),
        stage,
        runs: Number(leftCount),
        p50: Number(durationP50Ms),
        p95: Number(durationP95Ms),
      })),
    ),
  };
}

function runsIn(summaries: readonly WorkflowSummary[], wanted: Run_State): number {
  const counts = summaries.flatMap(({ states }) => states.filter(({ state }) => state === wanted));
  return counts.reduce((sum, { runCount }) => sum + Number(runCount), 0);
}
