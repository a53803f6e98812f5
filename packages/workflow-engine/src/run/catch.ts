import { after } from "../duration.ts";
import { sameJson } from "../json.ts";
import type { Json, RunError } from "../model.ts";
import type { Catch, Template, TryNode } from "../program.ts";
import { fill, holds } from "./evaluate.ts";
import type { Frame } from "./internal.ts";
import type { Action, Machine } from "./machine.ts";
import { pauseMs } from "./retry.ts";
import { scopeOf } from "./scope.ts";

/** Whether a `catch` takes an error. Throws EvaluationError when its conditions can't be evaluated. */
export function catches(machine: Machine, rule: Catch, frame: Frame, error: RunError): boolean {
  const parts = error as unknown as Record<string, Json>;
  if (!Object.keys(rule.errors).every((key) => sameJson(parts[key], rule.errors[key]))) return false;
  const scope = scopeOf(machine.scope(frame, {}, error));
  if (rule.when !== undefined && !holds(rule.when, scope)) return false;
  return rule.exceptWhen === undefined || !holds(rule.exceptWhen, scope);
}

/** A `try`, whose frame is the innermost and stands at `at`, caught an error: it tries again, or does what it does then. */
export function handle(machine: Machine, at: number, node: TryNode, error: RunError): Action | undefined {
  const frame = machine.top;
  delete frame.attemptDue;
  frame.error = error;
  const resumeMs = retryMs(machine, node, frame, error);
  if (resumeMs !== undefined) {
    frame.phase = "pause";
    frame.retries = (frame.retries ?? 0) + 1;
    frame.until = resumeMs;
    return undefined;
  }
  const { tasks, retry } = node.catch;
  if (tasks === undefined) {
    return retry === undefined ? { do: "complete", output: frame.in } : { do: "raise", error, below: at };
  }
  frame.phase = "catch";
  return { do: "enter", node: tasks.tasks[0]!, raw: frame.in };
}

/** When to try again; undefined when the policy says not to. */
function retryMs(machine: Machine, node: TryNode, frame: Frame, error: RunError): number | undefined {
  const { retry } = node.catch;
  const count = (frame.retries ?? 0) + 1;
  if (retry === undefined || count > retry.attemptsMax) return undefined;
  const scope = scopeOf(machine.scope(frame, {}, error));
  if (retry.when !== undefined && !holds(retry.when, scope)) return undefined;
  if (retry.exceptWhen !== undefined && holds(retry.exceptWhen, scope)) return undefined;
  const length = (duration: Template) => machine.moment(duration, frame) - machine.nowMs;
  const pause = pauseMs(retry, count, length, `${machine.start.run}${node.pointer}#${count}`);
  const resumeMs = after(machine.nowMs, { milliseconds: pause });
  const isLate = retry.duration !== undefined && resumeMs > after(frame.at, fill(retry.duration, scope));
  return isLate ? undefined : resumeMs;
}
