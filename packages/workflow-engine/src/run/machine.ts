import { EvaluationError } from "../cel/value.ts";
import { after } from "../duration.ts";
import { isJsonObject, sizeOf } from "../json.ts";
import { answerSizeMax, dataSizeMax, tasksPerStepMax, tasksWithoutWaitMax } from "../limits.ts";
import type { Effect, HistoryEntry, Json, JsonObject, RunError, RunStatus, WorkflowEvent } from "../model.ts";
import type { Node, Program, TaskList, TaskNode, Template, TryNode } from "../program.ts";
import { catches, handle } from "./catch.ts";
import { fill, holds } from "./evaluate.ts";
import { Raised, standardError } from "./fault.ts";
import { hear } from "./hear.ts";
import type { Frame, Internal } from "./internal.ts";
import { type RunScope, scopeOf } from "./scope.ts";

/** What the interpreter does next; undefined where the run waits, or has ended. */
export type Action =
  | { readonly do: "enter"; readonly node: TaskNode; readonly raw: Json }
  | { readonly do: "complete"; readonly output: Json; readonly next?: string }
  /** Raises an error that the frames below `below` may catch. */
  | { readonly do: "raise"; readonly error: RunError; readonly below: number };

/** A run in motion: a copy of its state that tasks change, and what comes of it. Lives for one step. */
export class Machine {
  readonly program: Program;
  readonly start: Internal["start"];
  nowMs: number;
  status: RunStatus = "RUNNING";
  stage: string;
  context: JsonObject;
  output: Json | undefined;
  fault: RunError | undefined;
  faultedMs: number | undefined;
  mailbox: readonly WorkflowEvent[];
  readonly frames: Frame[];
  readonly effectCounts: Record<string, number>;
  readonly effects: Effect[] = [];
  readonly moves: HistoryEntry["moves"][number][] = [];
  #tasks = 0;
  tasksSinceWait = 0;

  constructor(program: Program, internal: Internal, nowMs: number, stage: string, context: JsonObject) {
    this.program = program;
    this.start = internal.start;
    this.nowMs = nowMs;
    this.stage = stage;
    this.context = context;
    this.mailbox = internal.mailbox;
    this.frames = internal.frames.map((frame) => ({ ...frame }));
    this.effectCounts = { ...internal.effects };
    this.faultedMs = internal.faultedMs;
  }

  get top(): Frame {
    return this.frames[this.frames.length - 1]!;
  }

  nodeOf(frame: Frame): Node {
    return this.program.nodes.get(frame.p)!;
  }

  /** Begins the workflow itself. */
  begin(): void {
    this.frames.push({ p: "", at: this.nowMs, in: this.start.input });
    this.run(() => {
      const { inputFrom, timeout, list } = this.program.root;
      const scope = this.scope(this.top, { input: this.start.input });
      this.bound(this.start.input, "");
      if (inputFrom !== undefined) this.top.in = fill(inputFrom, scopeOf(scope));
      if (timeout !== undefined) this.top.due = this.moment(timeout, this.top);
      return { do: "enter", node: list.tasks[0]!, raw: this.top.in };
    });
  }

  /** The innermost task is done, with this output. */
  complete(output: Json): void {
    delete this.top.call;
    delete this.top.until;
    this.run(() => {
      this.bound(output, this.top.p, answerSizeMax);
      return { do: "complete", output };
    });
  }

  /** The innermost task failed. */
  raise(error: RunError): void {
    delete this.top.call;
    this.run(() => ({ do: "raise", error, below: this.frames.length - 1 }));
  }

  /** The innermost task listens: takes what is in the mailbox. */
  listen(): void {
    this.run(() => hear(this));
  }

  /** Runs tasks until the run waits, ends or faults. What they throw is raised at the innermost. */
  run(first: () => Action | undefined): void {
    let next: (() => Action | undefined) | undefined = first;
    while (next !== undefined) {
      const action: Action | undefined = this.#guarded(next);
      next = action === undefined ? undefined : () => this.#act(action);
    }
  }

  #guarded(step: () => Action | undefined): Action | undefined {
    try {
      return step();
    } catch (error) {
      const below = this.frames.length - 1;
      if (error instanceof Raised) return { do: "raise", error: error.error, below };
      if (!(error instanceof EvaluationError || error instanceof RangeError)) throw error;
      const raised = standardError("expression", `${error.message}.`, this.top.p);
      return { do: "raise", error: raised, below };
    }
  }

  #act(action: Action): Action | undefined {
    switch (action.do) {
      case "enter":
        return this.#enter(action.node, action.raw);
      case "complete":
        return this.#complete(action.output, action.next);
      case "raise":
        return this.#raise(action.error, action.below);
    }
  }

  #enter(node: TaskNode, raw: Json): Action | undefined {
    const frame: Frame = { p: node.pointer, at: this.nowMs, in: raw, idle: true };
    this.frames.push(frame);
    this.#count();
    if (node.if !== undefined && !holds(node.if, scopeOf(this.scope(frame)))) {
      this.frames.pop();
      return this.#follow(node.list, node.at, "continue", raw);
    }
    delete frame.idle;
    if (this.frames.length === 2) this.stage = node.name;
    this.moves.push({ task: node.pointer, move: "entered", timeMs: this.nowMs });
    if (node.inputFrom !== undefined) {
      frame.raw = raw;
      frame.in = fill(node.inputFrom, scopeOf(this.scope(frame)));
    }
    if (node.timeout !== undefined) frame.due = this.moment(node.timeout, frame);
    return this.#begin(node, frame);
  }

  #begin(node: TaskNode, frame: Frame): Action | undefined {
    const scope = () => scopeOf(this.scope(frame));
    switch (node.kind) {
      case "set":
        return { do: "complete", output: fill(node.value, scope()) };
      case "do":
        return { do: "enter", node: node.tasks.tasks[0]!, raw: frame.in };
      case "switch": {
        const chosen = node.cases.find(({ when }) => when === undefined || holds(when, scope()));
        return { do: "complete", output: frame.in, ...(chosen && { next: chosen.next }) };
      }
      case "wait":
        frame.until = this.moment(node.wait, frame);
        return undefined;
      case "call":
        frame.call = this.#effectId(node.pointer);
        this.effects.push({
          kind: "call",
          id: frame.call,
          method: node.method,
          request: fill(node.request, scope()) as JsonObject,
        });
        return undefined;
      case "emit": {
        const id = this.#effectId(node.pointer);
        const subject = node.subject === undefined ? this.start.subject : fill(node.subject, scope());
        if (typeof subject !== "string") throw new EvaluationError("an event's subject is a text");
        const data = fill(node.data, scope());
        const event = { id: `${this.start.run}${id}`, type: node.type, subject, timeMs: this.nowMs, data };
        this.effects.push({ kind: "emit", id, event });
        return { do: "complete", output: frame.in };
      }
      case "listen":
        return hear(this);
      case "try":
        return this.attempt(node, frame);
    }
  }

  /** Begins the tasks of a `try`. */
  attempt(node: TryNode, frame: Frame): Action {
    delete frame.phase;
    delete frame.until;
    const limit = node.catch.retry?.attemptDuration;
    if (limit !== undefined) frame.attemptDue = this.moment(limit, frame);
    return { do: "enter", node: node.tasks.tasks[0]!, raw: frame.in };
  }

  #complete(output: Json, next?: string): Action | undefined {
    const frame = this.top;
    const node = this.nodeOf(frame);
    if (node.kind === "root") return this.#end(frame, output);
    let out = output;
    if (node.outputAs !== undefined) {
      out = fill(node.outputAs, scopeOf(this.scope(frame, { output, rawOutput: output })));
    }
    this.bound(out, node.pointer);
    if (node.exportAs !== undefined) {
      const context = fill(node.exportAs, scopeOf(this.scope(frame, { output: out, rawOutput: output })));
      if (!isJsonObject(context)) {
        throw new Raised(standardError("validation", "export.as must make an object.", node.pointer));
      }
      this.context = context;
    }
    this.#leave();
    return this.#follow(node.list, node.at, next ?? node.next, out);
  }

  #end(frame: Frame, output: Json): undefined {
    frame.out = output;
    const { outputAs } = this.program.root;
    const scope = this.scope(frame, { output });
    this.output = outputAs === undefined ? output : fill(outputAs, scopeOf(scope));
    this.status = "COMPLETED";
  }

  /** What comes after a task of a list that left with this directive. */
  #follow(list: TaskList, at: number, next: string, output: Json): Action {
    const node = next === "continue" ? list.tasks[at + 1] : list.byName.get(next);
    if (node !== undefined) return { do: "enter", node, raw: output };
    if (next === "end") this.cut(1);
    return { do: "complete", output };
  }

  #raise(error: RunError, below: number): Action | undefined {
    for (let at = below - 1; at > 0; at--) {
      const frame = this.frames[at]!;
      const node = this.nodeOf(frame);
      if (node.kind !== "try" || frame.phase === "catch") continue;
      try {
        if (!catches(this, node.catch, frame, error)) continue;
      } catch (cause) {
        // Its own filter failed: that is now the error, for those further out.
        if (!(cause instanceof EvaluationError)) throw cause;
        return {
          do: "raise",
          error: standardError("expression", `${cause.message}.`, node.pointer),
          below: at,
        };
      }
      this.cut(at + 1);
      return handle(this, at, node, error);
    }
    this.status = "FAULTED";
    this.fault = error;
    this.faultedMs = this.nowMs;
    return undefined;
  }

  /** Lets a faulted run enter the task that failed once more; the time that it stood still does not count. */
  retry(): void {
    const stoodMs = this.nowMs - (this.faultedMs ?? this.nowMs);
    this.faultedMs = undefined;
    for (const frame of this.frames) {
      if (frame.due !== undefined) frame.due += stoodMs;
      if (frame.attemptDue !== undefined) frame.attemptDue += stoodMs;
    }
    const { timeout } = this.program.root;
    const failed = this.frames.length > 1 ? this.top : undefined;
    if (failed !== undefined) this.#leave();
    this.run(() => {
      const root = this.frames[0]!;
      if (timeout !== undefined && root.due === undefined) root.due = this.moment(timeout, root);
      if (failed !== undefined) {
        const node = this.program.nodes.get(failed.p) as TaskNode;
        return { do: "enter", node, raw: failed.raw ?? failed.in };
      }
      if (root.out !== undefined) return { do: "complete", output: root.out };
      this.frames.length = 0;
      this.begin();
      return undefined;
    });
  }

  #leave(): void {
    const frame = this.frames.pop()!;
    if (frame.idle === undefined) this.moves.push({ task: frame.p, move: "left", timeMs: this.nowMs });
  }

  /** Leaves tasks, the innermost first, until so many frames remain. */
  cut(length: number): void {
    while (this.frames.length > length) this.#leave();
  }

  #effectId(pointer: string): string {
    const count = (this.effectCounts[pointer] ?? 0) + 1;
    this.effectCounts[pointer] = count;
    return `${pointer}#${count}`;
  }

  /** The moment that is a duration from now. */
  moment(duration: Template, frame: Frame): number {
    return after(this.nowMs, fill(duration, scopeOf(this.scope(frame))));
  }

  #count(): void {
    this.#tasks++;
    this.tasksSinceWait++;
    if (this.tasksSinceWait <= tasksWithoutWaitMax && this.#tasks <= tasksPerStepMax) return;
    const detail = `More than ${tasksWithoutWaitMax} tasks without a wait, or ${tasksPerStepMax} in one step.`;
    throw new Raised(standardError("runtime", detail, this.top.p));
  }

  /** Refuses data that is too large. */
  bound(data: Json, pointer: string, sizeMax = dataSizeMax): void {
    if (sizeOf(data, sizeMax) <= sizeMax) return;
    throw new Raised(standardError("runtime", `The data is larger than ${sizeMax} bytes.`, pointer));
  }

  /** What expressions at a task see. */
  scope(frame: Frame, more: Partial<RunScope> = {}, caught?: RunError): RunScope {
    return {
      program: this.program,
      start: this.start,
      nowMs: this.nowMs,
      context: this.context,
      node: this.nodeOf(frame),
      enteredMs: frame.at,
      raw: frame.raw ?? frame.in,
      input: frame.in,
      caught: (name) => this.#caught(frame, name, caught),
      ...more,
    };
  }

  #caught(frame: Frame, name: string, caught: RunError | undefined): Json | undefined {
    for (let at = this.frames.indexOf(frame); at > 0; at--) {
      const one = this.frames[at]!;
      const node = this.nodeOf(one);
      if (node.kind !== "try" || node.catch.as !== name) continue;
      const error = one === frame ? (caught ?? one.error) : one.error;
      if (error !== undefined) return error as unknown as Json;
    }
    return undefined;
  }
}
