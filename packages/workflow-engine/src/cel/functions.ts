import { listItemsMax, textLengthMax } from "../limits.ts";
import { spend } from "./budget.ts";
import { finite } from "./operations.ts";
import {
  durationOf,
  formatDuration,
  formatTimestamp,
  readDuration,
  readTimestamp,
  timestampOf,
} from "./time.ts";
import {
  Duration,
  EvaluationError,
  isList,
  isMap,
  Optional,
  Timestamp,
  typeName,
  type Value,
} from "./value.ts";

/** A function, or a method whose first argument is its receiver. */
export interface Callable {
  readonly min: number;
  readonly max: number;
  readonly apply: (...args: Value[]) => Value;
}

/** What is called as `name(...)`. */
export const functions: Readonly<Record<string, Callable>> = {
  size: { min: 1, max: 1, apply: size },
  string: { min: 1, max: 1, apply: text },
  int: { min: 1, max: 1, apply: int },
  double: { min: 1, max: 1, apply: double },
  bool: { min: 1, max: 1, apply: bool },
  timestamp: { min: 1, max: 1, apply: timestamp },
  duration: { min: 1, max: 1, apply: duration },
};

/** What is called as `value.name(...)`. */
export const methods: Readonly<Record<string, Callable>> = {
  size: { min: 1, max: 1, apply: size },
  contains: ofTexts((whole, part) => whole.includes(part)),
  startsWith: ofTexts((whole, part) => whole.startsWith(part)),
  endsWith: ofTexts((whole, part) => whole.endsWith(part)),
  lowerAscii: ofText((value) => value.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  upperAscii: ofText((value) => value.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  trim: ofText((value) => value.trim()),
  split: ofTexts((whole, separator) => spentOn(split(whole, separator))),
  join: { min: 1, max: 2, apply: join },
  orValue: { min: 2, max: 2, apply: (receiver, otherwise) => optional(receiver!).value ?? otherwise! },
  hasValue: { min: 1, max: 1, apply: (receiver) => optional(receiver!).value !== undefined },
  getFullYear: ofTime((date) => date.getUTCFullYear()),
  getMonth: ofTime((date) => date.getUTCMonth()),
  getDate: ofTime((date) => date.getUTCDate()),
  getDayOfMonth: ofTime((date) => date.getUTCDate() - 1),
  getDayOfWeek: ofTime((date) => date.getUTCDay()),
  getHours: ofTime((date) => date.getUTCHours(), 3_600_000),
  getMinutes: ofTime((date) => date.getUTCMinutes(), 60_000),
  getSeconds: ofTime((date) => date.getUTCSeconds(), 1000),
  getMilliseconds: ofTime((date) => date.getUTCMilliseconds(), 1),
};

/** A value as text: what `string(value)` gives, and what stands where an expression is embedded in text. */
export function text(value: Value | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof Timestamp) return formatTimestamp(value.epochMs);
  if (value instanceof Duration) return formatDuration(value.ms);
  throw new EvaluationError(`${typeName(value ?? null)} is no text`);
}

function size(value: Value | undefined): number {
  if (typeof value === "string") {
    spend(value.length / 64);
    return [...value].length;
  }
  if (value !== undefined && isList(value)) return value.length;
  if (value !== undefined && value !== null && typeof value === "object" && isMap(value)) {
    return Object.keys(value).length;
  }
  throw new EvaluationError(`${typeName(value ?? null)} has no size`);
}

function int(value: Value | undefined): number {
  const number = value instanceof Timestamp ? Math.floor(value.epochMs / 1000) : value;
  const whole = typeof number === "string" && /^[+-]?\d{1,16}$/.test(number) ? Number(number) : number;
  if (typeof whole === "number" && Number.isSafeInteger(Math.trunc(whole))) return finite(Math.trunc(whole));
  throw new EvaluationError(`${typeName(value ?? null)} is no whole number within 2^53`);
}

function double(value: Value | undefined): number {
  if (typeof value === "number") return value;
  if (
    typeof value === "string" &&
    /^[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?$/.test(value)
  ) {
    return finite(Number(value));
  }
  throw new EvaluationError(`${typeName(value ?? null)} is no number`);
}

function bool(value: Value | undefined): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true") return true;
  if (value === "false") return false;
  throw new EvaluationError(`${typeName(value ?? null)} is neither true nor false`);
}

function timestamp(value: Value | undefined): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === "string") return readTimestamp(value);
  if (typeof value === "number") return timestampOf(value * 1000);
  throw new EvaluationError(`${typeName(value ?? null)} is no timestamp`);
}

function duration(value: Value | undefined): Duration {
  if (value instanceof Duration) return value;
  if (typeof value === "string") return readDuration(value);
  if (typeof value === "number") return durationOf(value * 1000);
  throw new EvaluationError(`${typeName(value ?? null)} is no duration`);
}

function join(list: Value | undefined, separator: Value = ""): string {
  if (list === undefined || !isList(list)) throw new EvaluationError("join takes a list");
  if (typeof separator !== "string") throw new EvaluationError("join takes a text between the items");
  let joined = "";
  for (const [at, item] of list.entries()) {
    if (typeof item !== "string") throw new EvaluationError("join takes a list of texts");
    spend(1 + item.length / 64);
    joined += at === 0 ? item : separator + item;
    if (joined.length > textLengthMax) throw new EvaluationError("the text is too long");
  }
  return joined;
}

function optional(value: Value): Optional {
  if (value instanceof Optional) return value;
  throw new EvaluationError(`${typeName(value)} is not optional; write value.?field`);
}

/** An empty separator splits between characters, never within one. */
function split(whole: string, separator: string): readonly string[] {
  return separator === "" ? [...whole].slice(0, listItemsMax) : whole.split(separator, listItemsMax);
}

function spentOn(list: readonly string[]): readonly string[] {
  spend(list.length);
  return list;
}

function ofText(apply: (value: string) => Value): Callable {
  return {
    min: 1,
    max: 1,
    apply: (value) => {
      if (typeof value !== "string") throw new EvaluationError(`${typeName(value!)} is no text`);
      spend(1 + value.length / 64);
      return apply(value);
    },
  };
}

function ofTexts(apply: (left: string, right: string) => Value): Callable {
  return {
    min: 2,
    max: 2,
    apply: (left, right) => {
      if (typeof left === "string" && typeof right === "string") {
        spend(1 + (left.length + right.length) / 64);
        return apply(left, right);
      }
      throw new EvaluationError(`${typeName(left!)} and ${typeName(right!)} are not two texts`);
    },
  };
}

/** A part of a timestamp in UTC or, where `unitMs` is given, a whole duration in that unit. */
function ofTime(part: (date: Date) => number, unitMs?: number): Callable {
  return {
    min: 1,
    max: 1,
    apply: (value) => {
      if (value instanceof Timestamp) return part(new Date(value.epochMs));
      if (value instanceof Duration && unitMs !== undefined) return finite(Math.trunc(value.ms / unitMs));
      throw new EvaluationError(`${typeName(value!)} has no such part`);
    },
  };
}
