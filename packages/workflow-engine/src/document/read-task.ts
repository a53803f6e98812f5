import { isObject, pointerTo } from "../json.ts";
import { taskDepthMax, tasksMax } from "../limits.ts";
import type { CallableMethod, JsonObject } from "../model.ts";
import type { TaskBase, TaskList, TaskNode, Template } from "../program.ts";
import { markAhead } from "./ahead.ts";
import { readDuration } from "./read-duration.ts";
import { readers } from "./read-kinds.ts";
import type { Fields, Reader } from "./reader.ts";
import { readTemplate } from "./template.ts";
import { variables, withNames } from "./variables.ts";

/** What reading a task needs to know of the rest. */
export interface Reading {
  readonly reader: Reader;
  readonly callable: (method: string) => CallableMethod | undefined;
  /** `use.timeouts` and `use.retries`. */
  readonly timeouts: Fields;
  readonly retries: Fields;
  readonly nodes: Map<string, TaskNode>;
}

const kinds = ["do", "set", "switch", "call", "listen", "emit", "wait", "try"] as const;
const others = ["fork", "for", "run", "raise"];
const ofAll = ["if", "input", "output", "export", "timeout", "then", "metadata"];
const directives = ["continue", "exit", "end"];

/** Reads `[{ name: task }, …]`. `scope` holds the variables of the tasks, errors that were caught among them. */
export function readTasks(
  reading: Reading,
  value: unknown,
  pointer: string,
  scope: ReadonlySet<string> = variables.task,
  depth = 1,
): TaskList {
  const tasks: TaskNode[] = [];
  const byName = new Map<string, TaskNode>();
  const list: TaskList = { tasks, byName };
  const { reader } = reading;
  if (!Array.isArray(value) || value.length === 0) {
    reader.refuse(pointer, "INVALID", "This must be a list of tasks, each { name: task }.");
    return list;
  }
  if (depth > taskDepthMax) {
    reader.refuse(pointer, "TOO_LARGE", `Tasks stand at most ${taskDepthMax} deep within tasks.`);
    return list;
  }
  for (const [at, item] of value.entries()) {
    const named = readNamed(reader, item, pointerTo(pointer, at));
    if (named === undefined) continue;
    if (directives.includes(named.name) || byName.has(named.name)) {
      reader.refuse(
        named.pointer,
        "INVALID",
        `A list has one task of a name, and none is called ${directives}.`,
      );
      continue;
    }
    const base = readBase(reading, named, list, tasks.length, scope);
    const node = readKind(reading, base, named, scope, depth);
    if (node === undefined) continue;
    tasks.push(node);
    byName.set(node.name, node);
    reading.nodes.set(node.pointer, node);
    if (reading.nodes.size === tasksMax + 1) {
      reader.refuse(node.pointer, "TOO_LARGE", `A definition has at most ${tasksMax} tasks.`);
    }
  }
  if (tasks.length === value.length) for (const node of tasks) checkTargets(reader, node);
  markAhead(tasks);
  return list;
}

interface Named {
  readonly name: string;
  readonly pointer: string;
  readonly fields: Fields;
}

function readNamed(reader: Reader, item: unknown, pointer: string): Named | undefined {
  const [name, ...more] = isObject(item) ? Object.keys(item) : [];
  if (!isObject(item) || name === undefined || more.length > 0) {
    return reader.refuse(pointer, "INVALID", "This must be one task: { name: task }.");
  }
  const inner = pointerTo(pointer, name);
  const fields = reader.object(item[name], inner);
  return fields && { name, pointer: inner, fields };
}

function readKind(
  reading: Reading,
  base: TaskBase,
  { fields, pointer }: Named,
  scope: ReadonlySet<string>,
  depth: number,
): TaskNode | undefined {
  const { reader } = reading;
  const other = others.find((kind) => Object.hasOwn(fields, kind));
  if (other !== undefined) {
    return reader.unsupported(
      pointerTo(pointer, other),
      `"${other}"`,
      `a task is one of ${kinds.join(", ")}`,
    );
  }
  const [kind, second] = kinds.filter((name) => Object.hasOwn(fields, name));
  if (kind === undefined || second !== undefined) {
    return reader.refuse(pointer, "INVALID", `A task has exactly one of ${kinds.join(", ")}.`);
  }
  if (Object.hasOwn(fields, "foreach")) {
    return reader.unsupported(pointerTo(pointer, "foreach"), `"foreach"`);
  }
  const extra = kind === "try" ? ["catch"] : kind === "call" ? ["with"] : [];
  reader.only(fields, pointer, [kind, ...extra, ...ofAll]);
  return readers[kind](reading, base, fields, scope, depth);
}

function readBase(
  reading: Reading,
  { name, pointer, fields }: Named,
  list: TaskList,
  at: number,
  scope: ReadonlySet<string>,
): TaskBase {
  const { reader } = reading;
  const withOutput = withNames(scope, "output");
  const part = (key: string, field: string, names: ReadonlySet<string>): Template | undefined =>
    readTransform(reader, fields[key], pointerTo(pointer, key), field, names);
  return {
    pointer,
    name,
    definition: fields as JsonObject,
    list,
    at,
    if: reader.condition(fields.if, pointerTo(pointer, "if"), scope),
    inputFrom: part("input", "from", scope),
    outputAs: part("output", "as", withOutput),
    exportAs: part("export", "as", withOutput),
    timeout: readTimeout(reading, fields.timeout, pointerTo(pointer, "timeout"), scope),
    next:
      fields.then === undefined ? "continue" : (reader.text(fields.then, pointerTo(pointer, "then")) ?? ""),
    ahead: new Set(),
  };
}

/** `input.from`, `output.as` or `export.as`: an expression, or an object with expressions in it. */
export function readTransform(
  reader: Reader,
  value: unknown,
  pointer: string,
  field: string,
  names: ReadonlySet<string>,
): Template | undefined {
  if (value === undefined) return undefined;
  const fields = reader.object(value, pointer);
  if (fields === undefined) return undefined;
  reader.only(fields, pointer, [field]);
  if (fields[field] === undefined) return undefined;
  return readTemplate(reader, fields[field], pointerTo(pointer, field), names);
}

/** `{ after: duration }`, or the name of one under `use.timeouts`. */
export function readTimeout(
  { reader, timeouts }: Pick<Reading, "reader" | "timeouts">,
  value: unknown,
  pointer: string,
  names: ReadonlySet<string>,
): Template | undefined {
  if (value === undefined) return undefined;
  const isName = typeof value === "string";
  if (isName && !Object.hasOwn(timeouts, value)) {
    return reader.refuse(pointer, "UNKNOWN_NAME", `use.timeouts has no ${value}.`);
  }
  const at = isName ? pointerTo("/use/timeouts", value) : pointer;
  const fields = reader.object(isName ? timeouts[value] : value, at);
  if (fields === undefined) return undefined;
  reader.only(fields, at, ["after"]);
  return readDuration(reader, fields.after, pointerTo(at, "after"), names);
}

function checkTargets(reader: Reader, node: TaskNode): void {
  const known = (next: string) => directives.includes(next) || node.list.byName.has(next);
  const refuse = (pointer: string, next: string) =>
    reader.refuse(pointer, "UNKNOWN_TASK", `There is no task ${next} beside this one.`);
  if (!known(node.next)) refuse(pointerTo(node.pointer, "then"), node.next);
  if (node.kind !== "switch") return;
  const wrong = node.cases.find(({ next }) => !known(next));
  if (wrong !== undefined) refuse(pointerTo(node.pointer, "switch"), wrong.next);
}
