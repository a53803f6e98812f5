import { TaskCompletedSchema, TaskExpiredSchema } from "@marketmesh/contracts/fulfillment/v1";
import type {
  Effect,
  HistoryEntry,
  Json,
  RunEvent,
  RunState,
  Workflow,
  WorkflowEvent,
} from "@marketmesh/workflow-engine";
import { hasEnded, type Run } from "../domain/run.ts";
import { end, isOpen, type Task } from "../domain/task.ts";
import type { PendingCall } from "../storage/call-store.ts";

/** What is announced of a run, in this order. */
export type RunFact = "STARTED" | "RETRIED" | "STAGE_ENTERED" | "COMPLETED" | "FAULTED" | "CANCELLED";

const taskEnds = [TaskCompletedSchema.typeName, TaskExpiredSchema.typeName];

/** A run in the hands of a transaction: what was, what is now, and what has to be written. */
export class MovingRun {
  readonly market: string;
  readonly before: Run | undefined;
  readonly workflow: Workflow;
  readonly input: Json;
  run: Run;
  state: RunState;
  readonly entries: { readonly entry: HistoryEntry; readonly timeMs: number }[] = [];
  readonly calls: PendingCall[] = [];
  readonly answered = new Set<string>();
  readonly emissions: WorkflowEvent[] = [];
  readonly facts: RunFact[] = [];
  /** By id: those that are open, and those that changed. */
  readonly tasks = new Map<string, Task>();
  /** With a subject, of a run that begins: what of others it may hear. */
  interests: readonly { readonly type: string; readonly subject: string }[] = [];
  /** The trace that its facts belong to: the last one that moved it. */
  traceparent = "";
  /** When it was to be woken before this transaction. */
  earliestBeforeMs: number | undefined;
  readonly createdTasks = new Set<string>();
  readonly changedTasks = new Set<string>();
  #wasRetried = false;

  constructor(init: {
    readonly market: string;
    readonly before: Run | undefined;
    readonly run: Run;
    readonly state: RunState;
    readonly workflow: Workflow;
    readonly input: Json;
  }) {
    this.market = init.market;
    this.before = init.before;
    this.run = init.run;
    this.state = init.state;
    this.workflow = init.workflow;
    this.input = init.input;
  }

  get moved(): boolean {
    return this.entries.length > 0;
  }

  get earliestMs(): number | undefined {
    const due = [...this.tasks.values()].filter(isOpen).flatMap(({ dueMs }) => dueMs ?? []);
    const all = [...due, ...(this.state.wakeMs === undefined ? [] : [this.state.wakeMs])];
    return all.length > 0 ? Math.min(...all) : undefined;
  }

  /** The open task that runs out first; ties by id. */
  firstDue(): Task | undefined {
    const due = [...this.tasks.values()].filter((task) => isOpen(task) && task.dueMs !== undefined);
    return due.sort((a, b) => a.dueMs! - b.dueMs! || (a.id < b.id ? -1 : 1))[0];
  }

  openTask(type: string): Task | undefined {
    for (const task of this.tasks.values()) if (task.type === type && isOpen(task)) return task;
    return undefined;
  }

  putTask(task: Task): void {
    (this.tasks.has(task.id) ? this.changedTasks : this.createdTasks).add(task.id);
    this.tasks.set(task.id, task);
  }

  /** Takes a step in. What it asks for is kept, the calls aside: those are the caller's to sort. */
  take(event: RunEvent | undefined, state: RunState, entry: HistoryEntry, effects: readonly Effect[]): void {
    const before = this.state;
    this.state = state;
    this.entries.push({ entry, timeMs: state.nowMs });
    if (event?.kind === "retried") this.#wasRetried = true;
    for (const effect of effects) if (effect.kind === "emit") this.emissions.push(effect.event);
    this.#cancelTasks(before);
  }

  /** Tasks end with their run, and where it goes on without them: when it has passed the last `listen` that names their end. */
  #cancelTasks(before: RunState): void {
    for (const task of this.tasks.values()) {
      if (!isOpen(task)) continue;
      const isLeft = this.#awaits(before, task) && !this.#awaits(this.state, task);
      if (hasEnded(this.state.status) || isLeft) this.putTask(end(task, "CANCELLED", this.state.nowMs));
    }
  }

  #awaits(state: RunState, { type }: Task): boolean {
    return taskEnds.some((ended) => this.workflow.awaits(state, ended, type));
  }

  /** Brings the row up to the state, and says which facts that makes. */
  settle(): void {
    if (!this.moved) return;
    const { state, run, before } = this;
    this.facts.push(...this.#factsOf());
    const ended = hasEnded(state.status);
    this.run = {
      ...run,
      status: state.status,
      stage: state.stage,
      outcome: outcomeOf(state),
      stepCount: state.stepCount,
      version: (before?.version ?? 0) + this.facts.length,
      wakeMs: ended ? undefined : state.wakeMs,
      updateMs: state.nowMs,
      endMs: ended ? this.#endMs() : undefined,
    };
  }

  // A timer that was due before the step ended the run when it was due.
  #endMs(): number {
    const { entry, timeMs } = this.entries.at(-1)!;
    return this.state.status === "COMPLETED" ? (entry.moves.at(-1)?.timeMs ?? timeMs) : timeMs;
  }

  #factsOf(): RunFact[] {
    const { before, state } = this;
    const facts: RunFact[] = before ? [] : ["STARTED"];
    if (this.#wasRetried) facts.push("RETRIED");
    const last = lastFactOf(state.status);
    const isNews = before?.status !== state.status || this.#wasRetried;
    if (last && isNews) facts.push(last);
    else if (before && before.stage !== state.stage) facts.push("STAGE_ENTERED");
    return facts;
  }
}

function lastFactOf(status: RunState["status"]): RunFact | undefined {
  return status === "COMPLETED" || status === "FAULTED" || status === "CANCELLED" ? status : undefined;
}

const outcomeCharsMax = 200;

function outcomeOf({ status, output }: RunState): string {
  if (status !== "COMPLETED" || output === null || typeof output !== "object") return "";
  const outcome = (output as { readonly outcome?: Json }).outcome;
  return typeof outcome === "string" ? outcome.slice(0, outcomeCharsMax).replaceAll("\0", "") : "";
}
