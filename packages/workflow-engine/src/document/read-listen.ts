import { isObject, pointerTo } from "../json.ts";
import type { EventFilter, ListenNode, TaskBase, TriggerNode } from "../program.ts";
import type { Reading } from "./read-task.ts";
import type { Fields, Reader } from "./reader.ts";
import { readTemplate } from "./template.ts";
import { variables, withNames } from "./variables.ts";

export function readListen(
  { reader }: Reading,
  base: TaskBase,
  fields: Fields,
  scope: ReadonlySet<string>,
): ListenNode | undefined {
  const pointer = pointerTo(base.pointer, "listen");
  const listen = reader.object(fields.listen, pointer);
  if (listen === undefined) return undefined;
  reader.only(listen, pointer, ["to", "read"]);
  const at = pointerTo(pointer, "to");
  const to = reader.object(listen.to, at);
  if (to === undefined) return undefined;
  reader.only(to, at, ["one", "any", "all"]);
  const [mode, second] = (["one", "any", "all"] as const).filter((name) => Object.hasOwn(to, name));
  if (mode === undefined || second !== undefined) {
    return reader.refuse(at, "INVALID", "listen.to has exactly one of one, any, all.");
  }
  const filters: EventFilter[] = [];
  for (const [filter, place] of strategy(reader, to[mode], mode, pointerTo(at, mode))) {
    const read = readFilter(reader, filter, place, scope);
    if (read !== undefined) filters.push(read);
  }
  const read = listen.read ?? "data";
  return { ...base, kind: "listen", mode, filters, read: read === "envelope" ? "envelope" : "data" };
}

/** `schedule.on`: what starts a run. */
export function readTriggers(reader: Reader, value: unknown, pointer: string): TriggerNode[] {
  if (value === undefined) return [];
  const schedule = reader.object(value, pointer);
  if (schedule === undefined) return [];
  reader.only(schedule, pointer, ["on"]);
  const at = pointerTo(pointer, "on");
  const on = reader.object(schedule.on, at);
  if (on === undefined) return [];
  reader.only(on, at, ["one", "any"]);
  const mode = Object.hasOwn(on, "one") ? "one" : "any";
  const triggers: TriggerNode[] = [];
  for (const [filter, place] of strategy(reader, on[mode], mode, pointerTo(at, mode))) {
    const properties = readWith(reader, filter, place, ["type", "data"]);
    const type =
      properties && readType(reader, properties.fields.type, pointerTo(properties.pointer, "type"));
    if (properties === undefined || type === undefined) continue;
    const data = reader.condition(
      properties.fields.data,
      pointerTo(properties.pointer, "data"),
      variables.trigger,
    );
    triggers.push({ type, data });
  }
  return triggers;
}

function strategy(reader: Reader, value: unknown, mode: string, pointer: string): [unknown, string][] {
  if (mode === "one") return [[value, pointer]];
  if (Array.isArray(value) && value.length > 0 && value.length <= 20) {
    return value.map((filter, at) => [filter, pointerTo(pointer, at)]);
  }
  reader.refuse(pointer, "INVALID", "This must be a list of 1 to 20 events, each { with: … }.");
  return [];
}

interface With {
  readonly fields: Fields;
  readonly pointer: string;
}

function readWith(reader: Reader, value: unknown, pointer: string, known: string[]): With | undefined {
  const filter = reader.object(value, pointer);
  if (filter === undefined) return undefined;
  reader.only(filter, pointer, ["with"]);
  const at = pointerTo(pointer, "with");
  if (!isObject(filter.with))
    return reader.refuse(at, "INVALID", "An event is told by { with: { type: … } }.");
  reader.only(filter.with, at, known);
  return { fields: filter.with, pointer: at };
}

function readType(reader: Reader, value: unknown, pointer: string): string | undefined {
  const type = reader.text(value, pointer);
  if (type === undefined) return undefined;
  if (/^[A-Za-z][\w.-]{0,199}$/.test(type)) return type;
  return reader.refuse(pointer, "INVALID", "An event's type is one word, literally: no expression.");
}

function readFilter(
  reader: Reader,
  value: unknown,
  pointer: string,
  scope: ReadonlySet<string>,
): EventFilter | undefined {
  const properties = readWith(reader, value, pointer, ["type", "subject", "data"]);
  if (properties === undefined) return undefined;
  const { fields, pointer: at } = properties;
  const type = readType(reader, fields.type, pointerTo(at, "type"));
  if (type === undefined) return undefined;
  const names = withNames(scope, "event", "data");
  const subject =
    fields.subject === undefined
      ? undefined
      : readTemplate(reader, fields.subject, pointerTo(at, "subject"), variables.subject);
  return { type, subject, data: reader.condition(fields.data, pointerTo(at, "data"), names) };
}
