import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type GetMarketProgressResponse,
  type Run,
  Run_State,
  type Task,
  type WorkflowSummary,
} from "@marketmesh/contracts/fulfillment/v1";
import type { TaskBehaviour } from "@marketmesh/markets";
import { chunksOf } from "./concurrently.ts";
import type { MarketRun } from "./market-run.ts";
import { idOf } from "./names.ts";
import { allOf } from "./pages.ts";
import { type PlannedTask, planOf } from "./task-plan.ts";

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
const completionsMax = 500;
const lookEveryMs = 40;
const patienceMs = 120_000;

const allocationCommitted = "marketmesh.allocation.v1.AllocationCommitted";
const roundCommitted = "marketmesh.allocation.v1.RoundCommitted";

/**
 * How a market's workflows are played: people do their tasks when they would, and the clock moves on when nothing else does.
 * Runs move by themselves; each look waits until all that is due has happened, so a scenario's course is always the same.
 */
export class Fulfilment {
  readonly #run: MarketRun;
  readonly #behaviours: Readonly<Record<string, TaskBehaviour>>;
  /** Workflows that carry allocations out, by name. */
  readonly #carryOut: readonly string[];
  /** The workflow that creates the next round; undefined: the caller does. */
  readonly #backfill: string | undefined;
  /** The demand and the supply of each allocation, by its name. */
  readonly #pairs = new Map<string, string>();
  /** Until when nothing can become due that was not looked at. */
  #calmUntilMs = Number.NEGATIVE_INFINITY;
  /** So many allocations have their runs. */
  #begun = 0;

  private constructor(
    run: MarketRun,
    behaviours: Readonly<Record<string, TaskBehaviour>>,
    carryOut: readonly string[],
    backfill: string | undefined,
  ) {
    this.#run = run;
    this.#behaviours = behaviours;
    this.#carryOut = carryOut;
    this.#backfill = backfill;
  }

  /** A market without workflows: nothing happens after an allocation. */
  static none(run: MarketRun): Fulfilment {
    return new Fulfilment(run, {}, [], undefined);
  }

  /** Reads which workflows the market has. */
  static async of(run: MarketRun, behaviours: Readonly<Record<string, TaskBehaviour>>): Promise<Fulfilment> {
    const parent = run.names.market;
    const workflows = await allOf(
      (page) => run.mesh.fulfillment.listWorkflows({ parent, ...page }),
      (page) => page.workflows,
    );
    const startedBy = (type: string) =>
      workflows.filter(({ triggerTypes }) => triggerTypes.includes(type)).map(({ name }) => name);
    return new Fulfilment(run, behaviours, startedBy(allocationCommitted), startedBy(roundCommitted)[0]);
  }

  /** Whether a workflow creates the next round. */
  get backfills(): boolean {
    return this.#backfill !== undefined;
  }

  /** The round that the workflow made after `round`; undefined when it found nothing to make one for. */
  async nextRound(round: string): Promise<string | undefined> {
    const name = this.#run.names.of("runs", `${idOf(this.#backfill!)}-${idOf(round)}`);
    const { output } = await until(`${name} to end`, async () => {
      const run = await this.#find(name);
      if (run?.state === Run_State.FAULTED)
        throw new Error(`${name}: ${run.fault?.title}: ${run.fault?.detail}`);
      return run?.state === Run_State.COMPLETED ? run : undefined;
    });
    return typeof output?.round === "string" ? output.round : undefined;
  }

  /**
   * Plays what people do until a moment of market time, to which the caller will move the clock. Looks only when something could
   * become due by then: what is open was seen, and what began since is not due for a day.
   */
  async playUntil(untilMs: number): Promise<void> {
    if (this.#carryOut.length === 0) return;
    // A fact that the clock overtakes finds another time: nothing may be on its way when it moves.
    await this.#settled();
    if (untilMs < this.#calmUntilMs) return;
    const left = await this.#completeUntil(untilMs);
    const dueMs = left.map(({ task }) =>
      task.dueTime === undefined ? untilMs + dayMs : timestampMs(task.dueTime),
    );
    this.#calmUntilMs = dueMs.reduce((least, each) => Math.min(least, each), untilMs + dayMs);
  }

  /** Plays on, moving the clock, until nothing is left that could happen before `endMs`. */
  async playOut(endMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#carryOut.length === 0) return;
    for (;;) {
      const { nextWakeTime } = await this.#settled();
      const planned = await this.#planned();
      const wakeMs = nextWakeTime === undefined ? Number.POSITIVE_INFINITY : timestampMs(nextWakeTime);
      const nextMs = planned.reduce((least, { atMs }) => Math.min(least, atMs), wakeMs);
      if (!Number.isFinite(nextMs) || nextMs >= endMs) return;
      // A week at a time: who acts in the same week is looked at together.
      const untilMs = Math.min(endMs, Math.ceil((nextMs + 1) / weekMs) * weekMs);
      await this.#completeUntil(untilMs);
      await this.#run.advanceClock(untilMs);
    }
  }

  /** How the runs that carry allocations out stand. */
  async summaries(): Promise<WorkflowSummary[]> {
    const read = (name: string) => this.#run.mesh.fulfillment.getWorkflowSummary({ name });
    const answers = await Promise.all(this.#carryOut.map(read));
    return answers.map(({ summary }) => summary!);
  }

  /** Completes what is planned until then, and what comes of it; what is planned for later. */
  async #completeUntil(untilMs: number): Promise<PlannedTask[]> {
    for (;;) {
      await this.#settled();
      const planned = await this.#planned();
      const due = planned.filter(({ atMs }) => atMs < untilMs);
      if (due.length === 0) return planned;
      for (const chunk of chunksOf(due, completionsMax)) await this.#complete(chunk);
    }
  }

  async #complete(planned: readonly PlannedTask[]): Promise<void> {
    const completions = planned.map(({ task, atMs, result }) => ({
      task: task.name,
      result,
      marketTime: timestampFromMs(atMs),
    }));
    const { tasks } = await this.#run.mesh.fulfillment.batchCompleteTasks(
      { parent: this.#run.names.market, completions },
      { timeoutMs: 60_000 },
    );
    const refused = tasks.find(({ reason }) => reason !== "");
    if (refused !== undefined) throw new Error(`${refused.task} was not completed: ${refused.reason}`);
  }

  async #planned(): Promise<PlannedTask[]> {
    const parent = this.#run.names.market;
    const open: Task[] = await allOf(
      (page) => this.#run.mesh.fulfillment.listTasks({ parent, ...page }),
      (page) => page.tasks,
    );
    if (open.some(({ subject }) => !this.#pairs.has(subject))) await this.#readPairs();
    return open.flatMap((task) => {
      const about = this.#pairs.get(task.subject) ?? task.subject;
      return planOf(this.#behaviours, this.#run.seed, task, about) ?? [];
    });
  }

  // Ids of allocations differ from run to run, those of listings do not.
  async #readPairs(): Promise<void> {
    for (const { name, demand, supply } of await this.#run.allocations()) {
      this.#pairs.set(name, `${idOf(demand)}/${idOf(supply)}`);
    }
  }

  /** Waits until every allocation has its runs, no call is in flight, and all timers due have fired. */
  async #settled(): Promise<GetMarketProgressResponse> {
    const parent = this.#run.names.market;
    const { committed } = this.#run;
    if (committed > this.#begun) {
      await until(`a run per allocation of ${parent}`, async () => {
        const counts = (await this.summaries()).map(startedOf);
        return counts.every((count) => count >= committed) || undefined;
      });
      this.#begun = committed;
    }
    return until(`the runs of ${parent} to settle`, async () => {
      const progress = await this.#run.mesh.fulfillment.getMarketProgress({ parent });
      const heardMs =
        progress.marketTime === undefined ? Number.NEGATIVE_INFINITY : timestampMs(progress.marketTime);
      const behind = heardMs < this.#run.clockMs || progress.runningCount > 0n || progress.dueCount > 0n;
      return behind ? undefined : progress;
    });
  }

  async #find(name: string): Promise<Run | undefined> {
    try {
      return (await this.#run.mesh.fulfillment.getRun({ name })).run;
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return undefined;
      throw error;
    }
  }
}

function startedOf(summary: WorkflowSummary): number {
  return summary.states.reduce((sum, { runCount }) => sum + Number(runCount), 0);
}

/** Looks again and again until there is something, for two minutes at most. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`waited ${patienceMs / 1_000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
