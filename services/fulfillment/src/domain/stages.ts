import type { HistoryEntry } from "@marketmesh/workflow-engine";

/** A run in one task at the top level. */
export interface StageVisit {
  readonly stage: string;
  /** The step that entered it, and the place within that step: unique in the run. */
  readonly step: number;
  readonly place: number;
  readonly enterMs: number;
  readonly leaveMs: number | undefined;
}

/** A stage that a run left in a later step than it entered it. */
export interface StageLeave {
  readonly stage: string;
  readonly leaveMs: number;
}

const topLevel = /^\/do\/\d+\/([^/]+)$/;

/** The stage that a move is about; undefined when the task is further down. */
export function stageOf(pointer: string): string | undefined {
  const name = topLevel.exec(pointer)?.[1];
  return name?.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** What the steps of one transaction say about a run's stages: those that were entered, and earlier ones that were left. */
export function stagesOf(entries: readonly HistoryEntry[]): { visits: StageVisit[]; leaves: StageLeave[] } {
  const visits: StageVisit[] = [];
  const leaves: StageLeave[] = [];
  for (const { step, moves } of entries) {
    for (const [place, { task, move, timeMs }] of moves.entries()) {
      const stage = stageOf(task);
      if (stage === undefined) continue;
      if (move === "entered") visits.push({ stage, step, place, enterMs: timeMs, leaveMs: undefined });
      else leave(visits, leaves, stage, timeMs);
    }
  }
  return { visits, leaves };
}

function leave(visits: StageVisit[], leaves: StageLeave[], stage: string, leaveMs: number): void {
  const at = visits.findLastIndex((visit) => visit.stage === stage && visit.leaveMs === undefined);
  if (at < 0) leaves.push({ stage, leaveMs });
  else visits[at] = { ...visits[at]!, leaveMs };
}
