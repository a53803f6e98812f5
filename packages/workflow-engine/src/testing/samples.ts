import { advanceRun, parseWorkflow, replayRun, startRun } from "../engine.ts";
import { sameJson } from "../json.ts";
import type {
  CallableMethod,
  Effect,
  HistoryEntry,
  Json,
  RunEvent,
  RunStart,
  RunState,
  Workflow,
  WorkflowProblem,
} from "../model.ts";

export const market = "markets/m";
export const subject = "markets/m/allocations/a1";
/** 2026-03-01T00:00:00Z */
export const t0 = 1_772_323_200_000;
export const hourMs = 3_600_000;

const head = `document: { dsl: "1.0.0", namespace: test, name: sample, version: 1.0.0 }
evaluate: { language: cel }
`;

/** A method that takes any request but one with a field `wrong`. */
export const anyMethod = (method: string): CallableMethod | undefined =>
  method.startsWith("test.v1.")
    ? {
        method,
        check: (request) =>
          typeof request === "object" && request !== null && "wrong" in request
            ? [{ path: "/wrong", message: "There is no field wrong." }]
            : [],
      }
    : undefined;

/** Parses a definition, given without its head; throws with the problems when there are some. */
export function workflowOf(body: string): Workflow {
  const parsed = parseWorkflow(head + body, anyMethod);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 1));
  return parsed.workflow;
}

/** What is wrong with a definition, given without its head; lines count from the body's first. */
export function problemsOf(body: string): readonly WorkflowProblem[] {
  const parsed = parseWorkflow(head + body, anyMethod);
  if (parsed.ok) return [];
  return parsed.problems.map((problem) => ({ ...problem, line: problem.line - 2 }));
}

/** A run in a test: it remembers its history and replays it, through JSON: after every step, and every 32nd of a long one. */
export class Sample {
  readonly workflow: Workflow;
  readonly entries: HistoryEntry[] = [];
  state: RunState;
  effects: readonly Effect[] = [];
  #events = 0;

  constructor(body: string | Workflow, begin: Partial<RunStart> = {}) {
    this.workflow = typeof body === "string" ? workflowOf(body) : body;
    const step = startRun(this.workflow, {
      run: "markets/m/runs/r1",
      market,
      subject,
      input: {},
      nowMs: t0,
      ...begin,
    });
    if (step.ignored) throw new Error("a start is never ignored");
    this.state = step.state;
    this.effects = step.effects;
    this.entries.push(step.entry);
    this.#replay();
  }

  /** Whether the event changed something. */
  advance(event: RunEvent): boolean {
    const before = JSON.stringify(this.state);
    const previous = this.state;
    const step = advanceRun(this.workflow, this.state, event);
    if (JSON.stringify(previous) !== before) throw new Error("a step changed the state that it began with");
    this.state = step.state;
    this.effects = step.ignored ? [] : step.effects;
    if (!step.ignored) {
      this.entries.push(step.entry);
      this.#replay();
    }
    return !step.ignored;
  }

  hear(type: string, data: Json = {}, more: { subject?: string; id?: string; atMs?: number } = {}): boolean {
    const timeMs = more.atMs ?? this.state.nowMs;
    const id = more.id ?? `e${++this.#events}`;
    const about = more.subject ?? (type.includes(".") ? subject : "");
    return this.advance({
      kind: "received",
      nowMs: timeMs,
      event: { id, type, subject: about, timeMs, data },
    });
  }

  wake(afterMs: number): boolean {
    return this.advance({ kind: "woken", nowMs: t0 + afterMs });
  }

  /** Answers the call in flight. */
  answer(output: Json): boolean {
    return this.advance({ kind: "returned", nowMs: this.state.nowMs, effectId: this.pending, output });
  }

  fail(status: number, type = "https://serverlessworkflow.io/spec/1.0.0/errors/communication"): boolean {
    const error = { type, status, title: "Failed", detail: "It failed.", instance: "" };
    return this.advance({ kind: "failed", nowMs: this.state.nowMs, effectId: this.pending, error });
  }

  get pending(): string {
    const { frames = [] } = this.state.internal as { frames?: readonly { call?: string }[] };
    return frames.at(-1)?.call ?? "none";
  }

  get moves(): string[] {
    return this.entries.flatMap(({ moves }) =>
      moves.map(({ task, move }) => `${move === "entered" ? ">" : "<"}${task}`),
    );
  }

  #replay(): void {
    if (this.entries.length > 40 && this.entries.length % 32 !== 0) return;
    const state = replayRun(this.workflow, JSON.parse(JSON.stringify(this.entries)));
    if (!sameJson(JSON.parse(JSON.stringify(state)), JSON.parse(JSON.stringify(this.state)))) {
      throw new Error("the replay came out otherwise");
    }
  }
}
