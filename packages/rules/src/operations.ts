import type { Operation } from "./expression.ts";
import { textLengthMax } from "./limits.ts";
import { durationInRange, formatTimestamp, parseDuration, parseTimestamp, timestampInRange } from "./time.ts";
import type { Value, ValueType } from "./value.ts";

/** One overload: the types it takes (a method's receiver first) and the type it gives. */
export interface Overload extends Operation {
  readonly params: readonly ValueType[];
  readonly result: ValueType;
}

function overload(
  name: string,
  params: readonly ValueType[],
  result: ValueType,
  apply: Operation["apply"],
): Overload {
  return { name, params, result, apply };
}

/** Numbers stay finite, as JSON's are: what would overflow or divide by zero has no value. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

const add = (a: number, b: number) => finite(a + b);
const subtract = (a: number, b: number) => finite(a - b);
const addToTime = (a: number, b: number) => timestampInRange(a + b);
const concatenate = (a: readonly Value[], b: readonly Value[]) => [...a, ...b] as Value;
const lists = ["list<string>", "list<number>", "list<boolean>", "list<timestamp>", "list<duration>"] as const;

/** Operators with overloads by type; comparison, equality, `in` and logic are nodes of their own. */
export const operators: readonly Overload[] = [
  overload("+", ["number", "number"], "number", add),
  overload("+", ["string", "string"], "string", (a: string, b: string) =>
    bounded(a.length + b.length, () => a + b),
  ),
  overload("+", ["timestamp", "duration"], "timestamp", addToTime),
  overload("+", ["duration", "timestamp"], "timestamp", addToTime),
  overload("+", ["duration", "duration"], "duration", (a: number, b: number) => durationInRange(a + b)),
  ...lists.map((list) => overload("+", [list, list], list, concatenate)),
  overload("-", ["number", "number"], "number", subtract),
  overload("-", ["timestamp", "timestamp"], "duration", subtract),
  overload("-", ["timestamp", "duration"], "timestamp", (a: number, b: number) => addToTime(a, -b)),
  overload("-", ["duration", "duration"], "duration", (a: number, b: number) => durationInRange(a - b)),
  overload("*", ["number", "number"], "number", (a: number, b: number) => finite(a * b)),
  overload("/", ["number", "number"], "number", (a: number, b: number) => finite(a / b)),
  overload("%", ["number", "number"], "number", (a: number, b: number) => finite(a % b)),
  overload("-_", ["number"], "number", (a: number) => -a),
  overload("-_", ["duration"], "duration", (a: number) => -a),
  ...lists.map((list) =>
    overload("[]", [list, "number"], elementType(list), (items: readonly Value[], at: number) => items[at]),
  ),
];

/** Methods, by `receiver.name(...)`. `matches` is not here: its pattern is compiled with the expression. */
export const methods: readonly Overload[] = [
  overload("startsWith", ["string", "string"], "boolean", (a: string, b: string) => a.startsWith(b)),
  overload("endsWith", ["string", "string"], "boolean", (a: string, b: string) => a.endsWith(b)),
  overload("contains", ["string", "string"], "boolean", (a: string, b: string) => a.includes(b)),
  overload("lowerAscii", ["string"], "string", (a: string) =>
    a.replace(/[A-Z]+/g, (part) => part.toLowerCase()),
  ),
  overload("upperAscii", ["string"], "string", (a: string) =>
    a.replace(/[a-z]+/g, (part) => part.toUpperCase()),
  ),
  overload("foldCase", ["string"], "string", (a: string) => a.toLowerCase()),
  overload("trim", ["string"], "string", trim),
  overload("replace", ["string", "string", "string"], "string", replaceAll),
  overload("split", ["string", "string"], "list<string>", (a: string, by: string) => a.split(by)),
  overload("join", ["list<string>", "string"], "string", join),
  ...lists.map((list) =>
    overload("distinct", [list], list, (a: readonly Value[]) => [...new Set(a)] as Value),
  ),
  ...sizes(),
];

/** Functions, by `name(...)` or `math.name(...)`. */
export const functions: readonly Overload[] = [
  ...sizes(),
  overload("timestamp", ["string"], "timestamp", (a: string) => parseTimestamp(a)),
  overload("duration", ["string"], "duration", (a: string) => parseDuration(a)),
  overload("double", ["number"], "number", (a: number) => a),
  overload("double", ["string"], "number", (a: string) =>
    readNumber(a, /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/),
  ),
  overload("int", ["number"], "number", (a: number) => (Math.abs(a) < 2 ** 63 ? Math.trunc(a) : undefined)),
  overload("int", ["string"], "number", (a: string) => readNumber(a, /^[+-]?\d{1,16}$/)),
  overload("int", ["timestamp"], "number", (a: number) => Math.floor(a / 1000)),
  overload("string", ["string"], "string", (a: string) => a),
  overload("string", ["number"], "string", (a: number) => String(a)),
  overload("string", ["boolean"], "string", (a: boolean) => String(a)),
  overload("string", ["timestamp"], "string", (a: number) => formatTimestamp(a)),
  overload("math.abs", ["number"], "number", (a: number) => Math.abs(a)),
  overload("math.ceil", ["number"], "number", (a: number) => Math.ceil(a)),
  overload("math.floor", ["number"], "number", (a: number) => Math.floor(a)),
  overload("math.round", ["number"], "number", (a: number) => Math.sign(a) * Math.round(Math.abs(a))),
];

/** Functions of one or more numbers, or of one or more timestamps. */
export const variadic: Readonly<Record<string, (...values: number[]) => number>> = {
  min: Math.min,
  "math.least": Math.min,
  max: Math.max,
  "math.greatest": Math.max,
};

function sizes(): readonly Overload[] {
  return [
    overload("size", ["string"], "number", (a: string) => [...a].length),
    ...lists.map((list) => overload("size", [list], "number", (a: readonly Value[]) => a.length)),
  ];
}

const space = /\p{White_Space}/u;

/** Cuts off white space as Unicode has it, which is not what JavaScript's `trim` has. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && space.test(text[start]!)) start++;
  while (end > start && space.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function replaceAll(text: string, part: string, by: string): string | undefined {
  return join(text.split(part), by);
}

function join(parts: readonly string[], by: string): string | undefined {
  const length = parts.reduce((sum, part) => sum + part.length + by.length, 0);
  return bounded(length, () => parts.join(by));
}

function bounded(length: number, text: () => string): string | undefined {
  return length > textLengthMax ? undefined : text();
}

function readNumber(text: string, pattern: RegExp): number | undefined {
  return pattern.test(text) ? finite(Number(text)) : undefined;
}

export function elementType(list: ValueType): ValueType {
  return list.slice("list<".length, -1) as ValueType;
}
