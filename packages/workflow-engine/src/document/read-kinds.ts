import { isObject, pointerTo } from "../json.ts";
import type { CallNode, EmitNode, SwitchNode, TaskBase, TaskNode } from "../program.ts";
import { readDuration } from "./read-duration.ts";
import { readListen } from "./read-listen.ts";
import { type Reading, readTasks } from "./read-task.ts";
import { readTry } from "./read-try.ts";
import type { Fields } from "./reader.ts";
import { literalOf, readTemplate } from "./template.ts";

export type ReadKind = (
  reading: Reading,
  base: TaskBase,
  fields: Fields,
  scope: ReadonlySet<string>,
  depth: number,
) => TaskNode | undefined;

/** How each kind of task is read. */
export const readers: Readonly<Record<TaskNode["kind"], ReadKind>> = {
  do: (reading, base, fields, scope, depth) => ({
    ...base,
    kind: "do",
    tasks: readTasks(reading, fields.do, pointerTo(base.pointer, "do"), scope, depth + 1),
  }),
  set: ({ reader }, base, fields, scope) => {
    const pointer = pointerTo(base.pointer, "set");
    if (!isObject(fields.set)) return reader.refuse(pointer, "INVALID", "set takes an object.");
    return { ...base, kind: "set", value: readTemplate(reader, fields.set, pointer, scope) };
  },
  switch: readSwitch,
  call: readCall,
  listen: readListen,
  emit: readEmit,
  wait: ({ reader }, base, fields, scope) => {
    const wait = readDuration(reader, fields.wait, pointerTo(base.pointer, "wait"), scope);
    return wait && { ...base, kind: "wait", wait };
  },
  try: readTry,
};

function readSwitch(
  { reader }: Reading,
  base: TaskBase,
  fields: Fields,
  scope: ReadonlySet<string>,
): SwitchNode | undefined {
  const pointer = pointerTo(base.pointer, "switch");
  if (!Array.isArray(fields.switch))
    return reader.refuse(pointer, "INVALID", "switch takes a list of cases.");
  const cases: (SwitchNode["cases"][number] & { isDefault: boolean })[] = [];
  for (const [at, item] of fields.switch.entries()) {
    const inner = pointerTo(pointer, at);
    const [name, ...more] = isObject(item) ? Object.keys(item) : [];
    const one = isObject(item) && name !== undefined && more.length === 0 ? item[name] : undefined;
    if (name === undefined || !isObject(one)) {
      reader.refuse(inner, "INVALID", "This must be one case: { name: { when, then } }.");
      continue;
    }
    const place = pointerTo(inner, name);
    reader.only(one, place, ["when", "then"]);
    const when = reader.condition(one.when, pointerTo(place, "when"), scope);
    const next = reader.text(one.then, pointerTo(place, "then")) ?? "continue";
    cases.push({ when, next, isDefault: one.when === undefined });
  }
  if (cases.filter(({ isDefault }) => isDefault).length > 1) {
    return reader.refuse(pointer, "INVALID", "Only one case may be without a condition.");
  }
  const ordered = [
    ...cases.filter(({ isDefault }) => !isDefault),
    ...cases.filter(({ isDefault }) => isDefault),
  ];
  return { ...base, kind: "switch", cases: ordered.map(({ when, next }) => ({ when, next })) };
}

const otherCalls = ["http", "grpc", "openapi", "asyncapi"];

function readCall(
  { reader, callable }: Reading,
  base: TaskBase,
  fields: Fields,
  scope: ReadonlySet<string>,
): CallNode | undefined {
  const pointer = pointerTo(base.pointer, "call");
  const method = reader.text(fields.call, pointer);
  if (method === undefined) return undefined;
  if (otherCalls.includes(method) || method.includes("@") || !/^[\w.]+\/\w+$/.test(method)) {
    return reader.unsupported(pointer, `call: ${method}`, "name a method, as package.v1.Service/Method");
  }
  const known = callable(method);
  if (known === undefined) {
    return reader.refuse(
      pointer,
      "METHOD_NOT_CALLABLE",
      `${method} does not exist, or workflows can't call it.`,
    );
  }
  const inner = pointerTo(base.pointer, "with");
  const given = fields.with === undefined ? {} : reader.object(fields.with, inner);
  if (given === undefined) return undefined;
  const request = readTemplate(reader, given, inner, scope);
  for (const { path, message } of known.check(literalOf(request))) {
    reader.refuse(`${inner}${path}`, "REQUEST_INVALID", message);
  }
  return { ...base, kind: "call", method, request };
}

function readEmit(
  { reader }: Reading,
  base: TaskBase,
  fields: Fields,
  scope: ReadonlySet<string>,
): EmitNode | undefined {
  const pointer = pointerTo(base.pointer, "emit");
  const emit = reader.object(fields.emit, pointer);
  if (emit === undefined) return undefined;
  reader.only(emit, pointer, ["event"]);
  const event = reader.object(emit.event, pointerTo(pointer, "event"));
  if (event === undefined) return undefined;
  reader.only(event, pointerTo(pointer, "event"), ["with"]);
  const at = pointerTo(pointerTo(pointer, "event"), "with");
  const properties = reader.object(event.with, at);
  if (properties === undefined) return undefined;
  reader.only(properties, at, ["type", "source", "subject", "data"]);
  const type = reader.text(properties.type, pointerTo(at, "type"));
  if (type === undefined) return undefined;
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(type)) {
    return reader.refuse(pointerTo(at, "type"), "INVALID", "An emitted type is a word such as job-filled.");
  }
  // The specification wants a source; the announced event names the run instead.
  readTemplate(reader, properties.source ?? "", pointerTo(at, "source"), scope);
  const subject = properties.subject;
  return {
    ...base,
    kind: "emit",
    type,
    subject:
      subject === undefined ? undefined : readTemplate(reader, subject, pointerTo(at, "subject"), scope),
    data: readTemplate(reader, properties.data ?? {}, pointerTo(at, "data"), scope),
  };
}
