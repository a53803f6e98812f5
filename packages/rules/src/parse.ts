import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import { sourceLengthMax } from "./limits.ts";
import type { Mistake, MistakeCode } from "./mistake.ts";

const parser = new Environment({
  limits: {
    maxAstNodes: 4_000,
    maxDepth: 100,
    maxListElements: 1_000,
    maxMapEntries: 100,
    maxCallArguments: 32,
  },
});

/** Reads an expression to a syntax tree with positions, or says where it stops being one. */
export function parse(source: string): { readonly ast: ASTNode } | { readonly mistake: Mistake } {
  if (source.length > sourceLengthMax) {
    return {
      mistake: mistakeAt("", 0, 1, "TOO_COMPLEX", `An expression has at most ${sourceLengthMax} characters.`),
    };
  }
  try {
    return { ast: parser.parse(source).ast };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const start = error.range?.start ?? 0;
    // The parser reads code units, and may name half of a character.
    const character = String.fromCodePoint(source.codePointAt(start) ?? 0);
    const end = Math.max(error.range?.end ?? 0, start + character.length);
    const code = error.code === "limit_exceeded" ? "TOO_COMPLEX" : "SYNTAX";
    const message = error.summary.replace(highHalf, character).toWellFormed();
    return { mistake: mistakeAt(source, start, end, code, `${message}.`) };
  }
}

const highHalf = /[\ud800-\udbff](?![\udc00-\udfff])/;

/** A mistake over `source[start, end)`. */
export function mistakeAt(
  source: string,
  start: number,
  end: number,
  code: MistakeCode,
  message: string,
): Mistake {
  const before = source.slice(0, start);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { code, message, line, column: start - lineStart + 1, length: Math.max(1, end - start) };
}
