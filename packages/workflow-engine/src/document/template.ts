import type { Evaluate } from "../cel/compile.ts";
import { isObject, pointerTo } from "../json.ts";
import { dataDepthMax } from "../limits.ts";
import type { Json } from "../model.ts";
import type { Template } from "../program.ts";
import type { Reader } from "./reader.ts";

/** Text split at its `${ … }`: literal text, and expressions with their offset. */
export type Part = string | { readonly expression: string; readonly offset: number };

/** Splits a text at its expressions; undefined where one is not closed. */
export function split(text: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let from = 0;
  while (true) {
    const start = text.indexOf("${", from);
    if (start < 0) break;
    const end = closing(text, start + 2);
    if (end === undefined) return undefined;
    if (start > from) parts.push(text.slice(from, start));
    parts.push({ expression: text.slice(start + 2, end), offset: start + 2 });
    from = end + 1;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** Where the brace that closes an expression is: braces nest, and those within its texts do not count. */
function closing(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (char === "{") depth++;
    if (char === "}" && --depth === 0) return at;
    if (char === '"' || char === "'") {
      at = textEnd(text, at, char);
      if (at < 0) return undefined;
    }
  }
  return undefined;
}

function textEnd(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

/** A value whose texts may hold expressions over the variables. A text that is nothing but one keeps its type. */
export function readTemplate(
  reader: Reader,
  value: unknown,
  pointer: string,
  variables: ReadonlySet<string>,
  depth = 0,
): Template {
  if (depth > dataDepthMax) {
    reader.refuse(pointer, "TOO_LARGE", `Data stands at most ${dataDepthMax} deep within data.`);
    return { kind: "literal", value: null };
  }
  if (typeof value === "string") return readText(reader, value, pointer, variables);
  if (Array.isArray(value)) {
    const items = value.map((item, at) =>
      readTemplate(reader, item, pointerTo(pointer, at), variables, depth + 1),
    );
    if (items.every((item) => item.kind === "literal")) return { kind: "literal", value: value as Json };
    return { kind: "list", items };
  }
  if (!isObject(value)) return { kind: "literal", value: readScalar(reader, value, pointer) };
  const entries = Object.keys(value).map(
    (key) => [key, readTemplate(reader, value[key], pointerTo(pointer, key), variables, depth + 1)] as const,
  );
  if (entries.every(([, template]) => template.kind === "literal")) {
    return { kind: "literal", value: value as Json };
  }
  return { kind: "object", entries };
}

function readScalar(reader: Reader, value: unknown, pointer: string): Json {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value === 0 ? 0 : value;
  reader.refuse(pointer, "INVALID", "This is no JSON value.");
  return null;
}

function readText(reader: Reader, text: string, pointer: string, variables: ReadonlySet<string>): Template {
  const parts = split(text);
  if (parts === undefined) {
    reader.refuse(pointer, "EXPRESSION_INVALID", "The expression is not closed: a } is missing.");
    return { kind: "literal", value: null };
  }
  const blank = (part: Part) => typeof part === "string" && part.trim() === "";
  const filled = parts.filter((part) => !blank(part));
  const only = filled[0];
  if (filled.length === 1 && typeof only === "object") {
    return { kind: "expression", evaluate: reader.expression(only.expression, pointer, variables) };
  }
  if (parts.every((part) => typeof part === "string")) return { kind: "literal", value: text };
  const compiled: (string | Evaluate)[] = parts.map((part) =>
    typeof part === "string" ? part : reader.expression(part.expression, pointer, variables),
  );
  return { kind: "text", parts: compiled };
}

/** What is known of a template before it runs: its literals, with undefined in place of expressions. */
export function literalOf(template: Template): unknown {
  switch (template.kind) {
    case "literal":
      return template.value;
    case "list":
      return template.items.map(literalOf);
    case "object":
      return Object.fromEntries(template.entries.map(([key, value]) => [key, literalOf(value)]));
    default:
      return undefined;
  }
}
