import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import { sourceBytesMax } from "../limits.ts";
import type { WorkflowProblem } from "../model.ts";

/** A definition as JSON, and where each part of it stands. */
export interface Source {
  readonly value: unknown;
  /** The line and column of a JSON pointer, from 1; of what holds it when there is no such part. */
  place(pointer: string): { readonly line: number; readonly column: number };
}

/** Reads YAML 1.2, of which JSON is a part. */
export function readSource(
  text: string,
): { readonly source: Source } | { readonly problems: readonly WorkflowProblem[] } {
  if (text.length * 3 > sourceBytesMax && utf8Length(text) > sourceBytesMax) {
    return { problems: [atStart("TOO_LARGE", `A definition has at most ${sourceBytesMax} bytes.`)] };
  }
  if (isTooDeep(text)) return { problems: [tooDeep] };
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      version: "1.2",
      schema: "core",
      prettyErrors: false,
      stringKeys: true,
      // The library compares each key with all before it; `repeatedKeys` looks each up.
      uniqueKeys: false,
    });
    const wrong = [...document.errors, ...repeatedKeys(document)];
    const problems = wrong.slice(0, 20).map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { reason: "SYNTAX", message, path: "", line, column: col };
    });
    if (problems.length > 0) return { problems };
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { source: { value, place: (pointer) => placeOf(document, lines, pointer) } };
  } catch (error) {
    // Aliases that multiply, or nesting that overflows the stack.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return { problems: [tooDeep] };
  }
}

// More levels than tasks and their data can have. The parser takes long to find out that there are too many.
const levelsMax = 500;

/** Whether brackets, or lists that begin on one line, are nested without reason. */
function isTooDeep(text: string): boolean {
  if (/^[ \t]*(?:- ){100}/m.test(text)) return true;
  let levels = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5b || unit === 0x7b) levels++;
    else if (unit === 0x5d || unit === 0x7d) levels = Math.max(0, levels - 1);
    if (levels > levelsMax) return true;
  }
  return false;
}

function repeatedKeys(
  document: Document,
): { readonly message: string; readonly pos: readonly [number, number] }[] {
  const repeated: { readonly message: string; readonly pos: readonly [number, number] }[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const at = key.range?.[0] ?? 0;
        if (seen.has(name)) repeated.push({ message: "Map keys must be unique", pos: [at, at] });
        seen.add(name);
      }
    },
  });
  return repeated;
}

function atStart(reason: string, message: string): WorkflowProblem {
  return { reason, message, path: "", line: 1, column: 1 };
}

const tooDeep = atStart("TOO_LARGE", "The document is too deep, or its aliases too many.");

function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}

function placeOf(document: Document, lines: LineCounter, pointer: string): { line: number; column: number } {
  let node: unknown = document.contents;
  let start = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of pointer.split("/").slice(1)) {
    if (!isCollection(node)) break;
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const found = isMap(node) ? pairOf(node.items, key) : isSeq(node) ? itemOf(node.items, key) : undefined;
    if (found === undefined) break;
    start = found.start ?? start;
    node = found.node;
  }
  const { line, col } = lines.linePos(start);
  return { line, column: col };
}

interface Found {
  readonly node: unknown;
  readonly start: number | undefined;
}

function pairOf(
  items: readonly { readonly key: unknown; readonly value: unknown }[],
  key: string,
): Found | undefined {
  const pair = items.find(
    (item) => isNode(item.key) && "value" in item.key && String(item.key.value) === key,
  );
  return pair && { node: pair.value, start: isNode(pair.key) ? pair.key.range?.[0] : undefined };
}

function itemOf(items: readonly unknown[], key: string): Found | undefined {
  const item = items[Number(key)];
  return isNode(item) ? { node: item, start: item.range?.[0] } : undefined;
}
