import type { Scope } from "../cel/compile.ts";
import { formatTimestamp } from "../cel/time.ts";
import { EvaluationError, Timestamp, type Value } from "../cel/value.ts";
import type { Json, JsonObject, RunStart, WorkflowEvent } from "../model.ts";
import type { Node, Program } from "../program.ts";

/** What an expression of a run may see. Made for one evaluation, or few; each part is built when it is asked for. */
export interface RunScope {
  readonly program: Program;
  readonly start: RunStart;
  readonly nowMs: number;
  readonly context: JsonObject;
  readonly node?: Node;
  readonly enteredMs?: number;
  readonly raw?: Json;
  readonly input?: Json;
  readonly output?: Json;
  readonly rawOutput?: Json;
  readonly event?: WorkflowEvent;
  /** Errors that were caught, by the name that the `catch` gives. */
  readonly caught?: (name: string) => Json | undefined;
}

const runtime: Value = { name: "marketmesh", version: "1.0.0", metadata: {} };

export function scopeOf(run: RunScope): Scope {
  return { value: (name) => variableOf(run, name) };
}

function variableOf(run: RunScope, name: string): Value {
  switch (name) {
    case "input":
      return (run.input ?? null) as Value;
    case "output":
      return (run.output ?? null) as Value;
    case "context":
      return run.context as Value;
    case "now":
      return new Timestamp(run.nowMs);
    case "market":
      return run.start.market;
    case "subject":
      return run.start.subject;
    case "runtime":
      return runtime;
    case "task":
      return taskOf(run);
    case "workflow":
      return workflowOf(run);
    case "event":
      return (run.event === undefined ? null : envelope(run.event, run.start.market)) as Value;
    case "data":
      return (run.event?.data ?? null) as Value;
  }
  const caught = run.caught?.(name);
  if (caught === undefined) throw new EvaluationError(`${name} has no value here`);
  return caught as Value;
}

function taskOf({ node, raw, rawOutput, enteredMs = 0 }: RunScope): Value {
  return {
    name: node?.name ?? "",
    reference: node?.pointer ?? "",
    definition: (node !== undefined && node.kind !== "root" ? node.definition : {}) as Value,
    input: (raw ?? null) as Value,
    output: (rawOutput ?? null) as Value,
    startedAt: momentOf(enteredMs),
  };
}

function workflowOf({ program, start }: RunScope): Value {
  return {
    id: start.run,
    definition: program.document as Value,
    input: start.input as Value,
    startedAt: momentOf(start.nowMs),
  };
}

function momentOf(epochMs: number): Value {
  return {
    iso8601: formatTimestamp(epochMs),
    epoch: { seconds: Math.floor(epochMs / 1000), milliseconds: epochMs },
  };
}

/** An event with its attributes, as CloudEvents names them. */
export function envelope(event: WorkflowEvent, market: string): JsonObject {
  return {
    id: event.id,
    source: market,
    specversion: "1.0",
    type: event.type,
    subject: event.subject,
    time: formatTimestamp(event.timeMs),
    data: event.data,
  };
}
