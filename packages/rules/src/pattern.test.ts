import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "./pattern.ts";

function patternOf(source: string) {
  const compiled = compilePattern(source);
  if ("problem" in compiled) throw new Error(`${source}: ${compiled.problem}`);
  return compiled.pattern;
}

const pattern = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\d", "\\W", "^", "$", "[a-c1]", "\\."),
    fc.tuple(tie("pattern"), tie("pattern")).map(([left, right]) => left + right),
    fc.tuple(tie("pattern"), tie("pattern")).map(([left, right]) => `(${left}|${right})`),
    fc
      .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"))
      .map(([inner, times]) => `(?:${inner})${times}`),
  ),
})).pattern;

describe("a pattern", () => {
  it("matches what a backtracking matcher matches", () => {
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom("a", "b", "c", "1", ".", "é"), maxLength: 8 }),
        (source, text) => {
          expect(patternOf(source).test(text), `${source} on ${text}`).toBe(
            new RegExp(source, "u").test(text),
          );
        },
      ),
      { numRuns: 5_000, seed: 19 },
    );
  });

  it("takes time in proportion to the text where backtracking would take years", () => {
    const text = "a".repeat(20_000);
    expect(patternOf("^(a|a)*$").test(`${text}!`)).toBe(false);
    expect(patternOf("^(a*)*b").test(text)).toBe(false);
  });

  it.each([
    ["(", "not closed"],
    ["a)", "Unexpected"],
    ["[a", "not closed"],
    ["*a", "Nothing to repeat"],
    ["(?=a)", "groups"],
    ["(a)\\1", "not known"],
    ["a{3,1}", "empty"],
    ["(a{100}){100}", "at most 1000 states"],
    ["a".repeat(501), "at most 500 characters"],
  ])("refuses %s", (source, why) => {
    const compiled = compilePattern(source);
    expect("problem" in compiled && compiled.problem).toContain(why);
  });
});
