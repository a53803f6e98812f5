import { isObject, pointerTo } from "../json.ts";
import { retriesMax } from "../limits.ts";
import type { JsonObject } from "../model.ts";
import type { Catch, Retry, TaskBase, TryNode } from "../program.ts";
import { readDuration } from "./read-duration.ts";
import { type Reading, readTasks } from "./read-task.ts";
import type { Fields } from "./reader.ts";
import { variables, withNames } from "./variables.ts";

/** What the error of a `catch` may not be called; an error may hide that of an outer one. */
const reserved = withNames(variables.task, "output", "event", "data");

export function readTry(
  reading: Reading,
  base: TaskBase,
  fields: Fields,
  scope: ReadonlySet<string>,
  depth: number,
): TryNode | undefined {
  const pointer = pointerTo(base.pointer, "catch");
  const tasks = readTasks(reading, fields.try, pointerTo(base.pointer, "try"), scope, depth + 1);
  const given = reading.reader.object(fields.catch, pointer);
  if (given === undefined) return undefined;
  reading.reader.only(given, pointer, ["errors", "as", "when", "exceptWhen", "retry", "do"]);
  return { ...base, kind: "try", tasks, catch: readCatch(reading, given, pointer, scope, depth) };
}

function readCatch(
  reading: Reading,
  given: Fields,
  pointer: string,
  scope: ReadonlySet<string>,
  depth: number,
): Catch {
  const { reader } = reading;
  const as = typeof given.as === "string" ? given.as : "error";
  if (!/^[A-Za-z_]\w{0,62}$/.test(as) || reserved.has(as)) {
    reader.refuse(
      pointerTo(pointer, "as"),
      "INVALID",
      "The error's name is a word that stands for nothing else.",
    );
  }
  const names = withNames(scope, as);
  return {
    errors: readErrors(reading, given.errors, pointerTo(pointer, "errors")),
    as,
    when: reader.condition(given.when, pointerTo(pointer, "when"), names),
    exceptWhen: reader.condition(given.exceptWhen, pointerTo(pointer, "exceptWhen"), names),
    retry: readRetry(reading, given.retry, pointerTo(pointer, "retry"), names),
    tasks:
      given.do === undefined
        ? undefined
        : readTasks(reading, given.do, pointerTo(pointer, "do"), names, depth + 1),
  };
}

function readErrors({ reader }: Reading, value: unknown, pointer: string): JsonObject {
  if (value === undefined) return {};
  const errors = reader.object(value, pointer);
  if (errors === undefined) return {};
  reader.only(errors, pointer, ["with"]);
  const at = pointerTo(pointer, "with");
  const filter = errors.with === undefined ? {} : reader.object(errors.with, at);
  if (filter === undefined) return {};
  reader.only(filter, at, ["type", "status", "instance", "title", "details"]);
  const { details, ...rest } = filter;
  return (details === undefined ? rest : { ...rest, detail: details }) as JsonObject;
}

function readRetry(
  { reader, retries }: Reading,
  value: unknown,
  pointer: string,
  names: ReadonlySet<string>,
): Retry | undefined {
  if (value === undefined) return undefined;
  const isName = typeof value === "string";
  if (isName && !Object.hasOwn(retries, value)) {
    return reader.refuse(pointer, "UNKNOWN_NAME", `use.retries has no ${value}.`);
  }
  const at = isName ? pointerTo("/use/retries", value) : pointer;
  const policy = reader.object(isName ? retries[value] : value, at);
  if (policy === undefined) return undefined;
  reader.only(policy, at, ["when", "exceptWhen", "delay", "backoff", "limit", "jitter"]);
  const part = (fields: Fields, key: string, inner: string) =>
    fields[key] === undefined ? undefined : readDuration(reader, fields[key], pointerTo(inner, key), names);
  const limit = isObject(policy.limit) ? policy.limit : {};
  const attempt = isObject(limit.attempt) ? limit.attempt : {};
  const jitter = isObject(policy.jitter) ? policy.jitter : {};
  const from = part(jitter, "from", pointerTo(at, "jitter"));
  const to = part(jitter, "to", pointerTo(at, "jitter"));
  return {
    when: reader.condition(policy.when, pointerTo(at, "when"), names),
    exceptWhen: reader.condition(policy.exceptWhen, pointerTo(at, "exceptWhen"), names),
    delay: part(policy, "delay", at),
    backoff: readBackoff(policy.backoff),
    attemptsMax: typeof attempt.count === "number" ? Math.min(attempt.count, retriesMax) : retriesMax,
    attemptDuration: part(attempt, "duration", pointerTo(pointerTo(at, "limit"), "attempt")),
    duration: part(limit, "duration", pointerTo(at, "limit")),
    jitter: from && to && { from, to },
  };
}

function readBackoff(value: unknown): Retry["backoff"] {
  if (isObject(value) && Object.hasOwn(value, "exponential")) return "exponential";
  return isObject(value) && Object.hasOwn(value, "linear") ? "linear" : "constant";
}
