import { describe, expect, test } from "vitest";
import { begin, beginStep } from "./budget.ts";
import { compile } from "./compile.ts";
import { toJson } from "./to-json.ts";
import type { Value } from "./value.ts";

const data: Value = {
  output: [{ n: 1, count: "12", name: "Ada" }],
  input: { at: "2026-03-01T10:00:00+02:00", tags: ["b", "a"], none: null, nested: { deep: { x: 5 } } },
};

function evaluate(source: string): unknown {
  const compiled = compile(source, new Set(["output", "input", "now"]));
  if (!compiled.ok) throw new Error(compiled.mistakes.map(({ message }) => message).join(" "));
  beginStep();
  begin();
  return toJson(compiled.evaluate({ value: (name) => (data as Record<string, Value>)[name] ?? null }));
}

describe("what an expression gives", () => {
  test.each<[string, unknown]>([
    ["output[0].n + 1", 2],
    ["int(output[0].count) > 0", true],
    ["7 / 2", 3.5],
    ["-1 % 3", -1],
    ["0.1 + 0.2 == 0.3", false],
    ["1 == 1.0", true],
    ["-0 == 0", true],
    ["'a' + \"b\"", "ab"],
    ["[1] + [2, 3]", [1, 2, 3]],
    ["{'a': 1, 'b': [true, null]}", { a: 1, b: [true, null] }],
    ["'name' in output[0]", true],
    ["2 in [1, 2]", true],
    ["'b' < 'a'", false],
    ["'\u{10000}' > '\uffff'", true],
    ["has(input.at) && !has(input.missing)", true],
    ["has(input.none)", true],
    ["input.?missing.orValue('x')", "x"],
    ["input.?nested.deep.x.orValue(0)", 5],
    ["input.?nested.gone.x.hasValue()", false],
    ["input.tags.map(t, t + '!')", ["b!", "a!"]],
    ["input.tags.filter(t, t == 'a')", ["a"]],
    ["input.tags.exists(t, t == 'a') && input.tags.all(t, size(t) == 1)", true],
    ["input.tags.exists_one(t, t == 'a')", true],
    ["input.map(k, k)", ["at", "nested", "none", "tags"]],
    ["[1, 2, 3].map(x, x > 1, x * 2)", [4, 6]],
    ["timestamp(input.at)", "2026-03-01T08:00:00Z"],
    ["string(timestamp(input.at) + duration('72h'))", "2026-03-04T08:00:00Z"],
    ["timestamp('2026-03-02') - timestamp('2026-03-01')", "86400s"],
    ["timestamp(input.at).getHours()", 8],
    ["duration('90m').getHours()", 1],
    ["string(3.0)", "3"],
    ["'a/b/c'.split('/')[1]", "b"],
    ["'a\u{1f600}'.split('')", ["a", "\u{1f600}"]],
    ["['a', 'b'].join('-')", "a-b"],
    ["true || input.missing", true],
    ["input.missing == 1 || true", true],
    ["false && input.missing", false],
    ["input.tags == ['b', 'a'] ? 'same' : 'other'", "same"],
  ])("%s", (source, value) => {
    expect(evaluate(source)).toEqual(value);
  });
});

describe("what can't be evaluated", () => {
  test.each([
    "input.missing",
    "output[1]",
    "1 / 0",
    "1 + 'a'",
    "1 < 'a'",
    "int('many')",
    "int('9007199254740993')",
    "timestamp('yesterday')",
    "!1",
    "input.?missing",
    "input.tags.map(t, t.name)",
    // Few items, but much is done to each.
    `'${"a".repeat(90)}'.split('').all(a, 'aaaa'.split('').all(b, ${Array(900).fill("1").join(" + ")} > 0))`,
    "'aaaaaaaaaa'.split('').map(a, 'aaaaaaaaaa'.split('').map(b, 'aaaaaaaaaa'.split('').map(c, 'aaaaaaaaaa'.split('').map(d, 'aaaaaaaaaa'.split('').map(e, 1)))))",
  ])("%s", (source) => {
    expect(() => evaluate(source)).toThrow(expect.objectContaining({ name: "EvaluationError" }));
  });
});

describe("what is refused before it runs", () => {
  test.each([
    ["input.", 5],
    ["output.size() + other", 16],
    ["shout('a')", 0],
    ["'a'.matches('b')", 0],
    ["size()", 0],
    ["9007199254740993", 0],
    ["b'x'", 0],
    ["has(input)", 0],
    ["1u", 0],
  ])("%s", (source, offset) => {
    const compiled = compile(source, new Set(["input", "output"]));
    expect(compiled).toMatchObject({ ok: false, mistakes: [{ offset: expect.any(Number) }] });
    if (!compiled.ok) expect(compiled.mistakes[0]!.offset).toBeGreaterThanOrEqual(offset);
  });

  test("an expression that is too long or too deep", () => {
    expect(compile(" ".repeat(5000), new Set())).toMatchObject({ ok: false });
    expect(compile(`${"[".repeat(500)}1${"]".repeat(500)}`, new Set())).toMatchObject({ ok: false });
  });
});
