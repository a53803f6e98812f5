import type { Tx } from "@marketmesh/postgres";
import {
  advanceRun,
  type Effect,
  type RunEvent,
  type RunStart,
  startRun,
  type Workflow,
} from "@marketmesh/workflow-engine";
import type { MarketClock } from "../domain/clock.ts";
import { hasEnded } from "../domain/run.ts";
import { end, type Task } from "../domain/task.ts";
import { lockRuns } from "../storage/run-store.ts";
import { openTasksOf } from "../storage/task-store.ts";
import type { FulfillmentTelemetry } from "../telemetry.ts";
import { carryOutHere, isCarriedOutHere } from "./create-task-call.ts";
import { MovingRun } from "./moving-run.ts";
import { saveSteps } from "./save-steps.ts";
import { taskEvent } from "./task-event.ts";
import { versionKey, type WorkflowLibrary } from "./workflow-library.ts";

export interface StepDeps {
  readonly library: WorkflowLibrary;
  readonly telemetry: FulfillmentTelemetry;
}

/** Where a transaction's steps happen. */
export interface StepPlace {
  readonly market: string;
  readonly clock: MarketClock;
  /** The server's clock: the time of a real market. */
  readonly nowMs: number;
}

/** A run that begins. */
export interface NewRun {
  readonly id: string;
  readonly workflow: Workflow;
  readonly version: number;
  readonly start: RunStart;
  readonly traceparent: string;
}

// Calls that are answered at once, or timers that are due at once, one after the other. More such calls are a loop of the
// definition; more such timers are left to the next transaction.
const inARowMax = 500;

/**
 * The steps of one transaction, over any number of runs of one market: lock, apply what happens, save. Nothing is written before
 * `save`, which takes a handful of statements however many runs moved.
 */
export class RunSteps {
  readonly #runs = new Map<string, MovingRun>();
  /** In the order in which things happened to them: the order of what is announced. */
  readonly #touched = new Set<MovingRun>();
  readonly #tx: Tx;
  readonly #deps: StepDeps;
  readonly #place: StepPlace;

  private constructor(tx: Tx, deps: StepDeps, place: StepPlace) {
    this.#tx = tx;
    this.#deps = deps;
    this.#place = place;
  }

  /** Locks the runs, in ascending (bucket, id), with their open tasks. */
  static async open(tx: Tx, deps: StepDeps, place: StepPlace, ids: readonly string[]): Promise<RunSteps> {
    const steps = new RunSteps(tx, deps, place);
    const stored = await lockRuns(tx, place.market, ids);
    const wanted = stored.map(({ run }) => ({ id: run.workflow, version: run.workflowVersion }));
    const workflows = await deps.library.get(tx, place.market, wanted);
    for (const { run, state } of stored) {
      const workflow = workflows.get(versionKey({ id: run.workflow, version: run.workflowVersion }))!;
      steps.#runs.set(
        run.id,
        new MovingRun({ market: place.market, before: run, run, state, workflow, input: null }),
      );
    }
    const living = stored.filter(({ run }) => !hasEnded(run.status)).map(({ run }) => run.id);
    for (const task of await openTasksOf(tx, place.market, living)) {
      steps.#runs.get(task.run)!.tasks.set(task.id, task);
    }
    for (const moving of steps.#runs.values()) moving.earliestBeforeMs = moving.earliestMs;
    return steps;
  }

  get(run: string): MovingRun | undefined {
    return this.#runs.get(run);
  }

  /** Begins a run, in memory; `save` says whether it was the first. */
  start(begin: NewRun): MovingRun {
    const { id, workflow, version, start, traceparent } = begin;
    return this.#deps.telemetry.step(
      { run: id, workflow: workflow.name, event: "started" },
      traceparent,
      (own) => {
        const step = startRun(workflow, start);
        if (step.ignored) throw new Error(`the first step of ${start.run} was ignored`);
        const run = {
          id,
          workflow: workflow.name,
          workflowVersion: version,
          subject: start.subject,
          status: step.state.status,
          stage: step.state.stage,
          outcome: "",
          stepCount: 0,
          version: 0,
          wakeMs: undefined,
          createMs: start.nowMs,
          updateMs: start.nowMs,
          endMs: undefined,
          traceparent,
        };
        const moving = new MovingRun({
          market: this.#place.market,
          before: undefined,
          run,
          state: step.state,
          workflow,
          input: start.input,
        });
        moving.interests = workflow
          .interests(start)
          .flatMap(({ type, subject }) => (subject === undefined ? [] : [{ type, subject }]));
        moving.traceparent = own;
        this.#runs.set(id, moving);
        this.#touched.add(moving);
        moving.take(undefined, step.state, step.entry, step.effects);
        this.#follow(moving, step.effects, own);
        return moving;
      },
    );
  }

  /** Lets something happen to a run; false when that changes nothing. */
  apply(moving: MovingRun, event: RunEvent, traceparent: string): boolean {
    this.#touched.add(moving);
    if (event.kind === "returned" || event.kind === "failed") moving.answered.add(event.effectId);
    const { id, workflow } = moving.run;
    return this.#deps.telemetry.step({ run: id, workflow, event: event.kind }, traceparent, (own) => {
      moving.traceparent = own;
      this.#catchUp(moving, { timersByMs: event.nowMs, tasksByMs: event.nowMs - 1 }, own);
      return this.#advance(moving, event, own);
    });
  }

  /**
   * Ends the tasks whose time runs out by then, and fires the timers that are due, in the order of their times; false when there
   * was nothing of the kind.
   */
  wake(moving: MovingRun, byMs: number): boolean {
    const { id, workflow, traceparent } = moving.run;
    this.#touched.add(moving);
    return this.#deps.telemetry.step({ run: id, workflow, event: "woken" }, traceparent, (own) => {
      moving.traceparent = own;
      return this.#catchUp(moving, { timersByMs: byMs, tasksByMs: byMs }, own);
    });
  }

  /**
   * Lets what was due happen, each at its own time, and what a timer asks for be answered before the next one fires: so a run
   * that is woken late goes the way of one that was woken at once.
   */
  #catchUp(
    moving: MovingRun,
    { timersByMs, tasksByMs }: { readonly timersByMs: number; readonly tasksByMs: number },
    traceparent: string,
  ): boolean {
    let changed = false;
    for (let steps = 0; steps < inARowMax; steps++) {
      const task = moving.firstDue();
      const taskMs = task?.dueMs ?? Number.POSITIVE_INFINITY;
      const wakeMs = moving.state.wakeMs ?? Number.POSITIVE_INFINITY;
      if (wakeMs <= timersByMs && wakeMs <= taskMs) {
        if (!this.#advance(moving, { kind: "woken", nowMs: wakeMs }, traceparent)) return changed;
      } else if (task && taskMs <= tasksByMs) {
        this.#expire(moving, task, taskMs, traceparent);
      } else {
        return changed;
      }
      changed = true;
    }
    return changed;
  }

  #expire(moving: MovingRun, task: Task, dueMs: number, traceparent: string): void {
    const expired = end(task, "EXPIRED", dueMs);
    moving.putTask(expired);
    const event = taskEvent(this.#place.market, "TaskExpired", expired);
    this.#advance(moving, { kind: "received", nowMs: dueMs, event }, traceparent);
  }

  #advance(moving: MovingRun, event: RunEvent, traceparent: string, inARow = 0): boolean {
    const step = advanceRun(moving.workflow, moving.state, event);
    if (step.ignored) return false;
    moving.take(event, step.state, step.entry, step.effects);
    this.#follow(moving, step.effects, traceparent, inARow);
    return true;
  }

  /** Carries out what can be done here, keeps the other calls, and wakes what is due already. */
  #follow(moving: MovingRun, effects: readonly Effect[], traceparent: string, inARow = 0): void {
    for (const effect of effects) {
      if (effect.kind !== "call") continue;
      const { id, method, request } = effect;
      if (!isCarriedOutHere(method)) {
        moving.calls.push({ run: moving.run.id, effect: id, method, request, traceparent });
      } else if (inARow >= inARowMax) {
        this.#advance(moving, endless(moving), traceparent, inARow);
      } else if (moving.state.status === "RUNNING") {
        // Otherwise a time limit of zero has taken the call away, and perhaps ended the run: nobody waits for the task.
        const answer = carryOutHere(this.#place.market, moving, effect);
        this.#advance(moving, answer, traceparent, inARow + 1);
      }
    }
    // Never past a task that runs out first: its end is an event of the run, in its own place.
    const byMs = Math.min(this.#horizonMs, moving.firstDue()?.dueMs ?? Number.POSITIVE_INFINITY);
    const { wakeMs } = moving.state;
    if (wakeMs !== undefined && wakeMs <= byMs && inARow < inARowMax)
      this.#advance(moving, { kind: "woken", nowMs: wakeMs }, traceparent, inARow + 1);
  }

  /** What is due by then was due: of a sandbox the latest time that has come here, of a real market now. */
  get #horizonMs(): number {
    const { clock, nowMs } = this.#place;
    return clock.mode === "SANDBOX" ? clock.clockMs : nowMs;
  }

  /** Something was written to a task of the run, so its facts have to be too. */
  putTask(moving: MovingRun, task: Task): void {
    this.#touched.add(moving);
    moving.putTask(task);
  }

  /** Writes and announces everything. Returns the runs that could not begin: their id, or (workflow, subject), is taken. */
  async save(): Promise<ReadonlySet<string>> {
    const moving = [...this.#touched];
    const taken = await saveSteps(this.#tx, this.#place, moving);
    for (const run of moving) if (!taken.has(run.run.id)) this.#deps.telemetry.moved(run);
    return taken;
  }
}

// It can't be a fault: the definition may catch those, and go on like that.
function endless({ state }: MovingRun): RunEvent {
  return {
    kind: "cancelled",
    nowMs: state.nowMs,
    reason: `${inARowMax} calls in a row, and no end in sight`,
  };
}
