import fc from "fast-check";
import { attributeTypes } from "./attributes.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Residual } from "./residual.ts";
import type { Attributes, SideTypes, Value } from "./value.ts";

/** Test support: rules and attributes drawn at random, over domains so small that values meet. */
export const randomTypes: SideTypes = typesOf({
  type: "object",
  properties: {
    n: { type: "number" },
    m: { type: "integer" },
    s: { type: "string" },
    c: { type: "string" },
    b: { type: "boolean" },
    l: { type: "array", items: { type: "string" } },
    k: { type: "array", items: { type: "number" } },
    t: { type: "string", format: "date-time" },
  },
});

export const randomNow = 1_000_000;

function typesOf(schema: unknown): SideTypes {
  const result = attributeTypes(schema);
  if (!result.ok) throw new Error("The schema above is valid");
  return result.types;
}

const numbers = fc.constantFrom(-2, -1, 0, 1, 2, 3, 1.5, 0.25);
const texts = fc.constantFrom("", "a", "b", "ab", "1", "2", "\uff5e", "\u{1f600}");

function maybe<T extends Value>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(undefined) });
}

export const randomAttributes: fc.Arbitrary<Attributes> = fc.record({
  n: maybe(numbers),
  m: maybe(numbers),
  s: maybe(texts),
  c: maybe(texts),
  b: maybe(fc.boolean()),
  l: maybe(fc.array(texts, { maxLength: 5 })),
  k: maybe(fc.array(numbers, { maxLength: 4 })),
  t: maybe(fc.constantFrom(0, randomNow - 1000, randomNow, randomNow + 1000)),
});

const side = fc.constantFrom("supply", "demand");
const comparison = fc.constantFrom("<", "<=", ">", ">=", "==", "!=");
const literalText = texts.map((text) => JSON.stringify(text));
/** With a point, so that to any CEL it is a double. */
const literalNumber = numbers.map((number) => (Number.isInteger(number) ? `${number}.0` : String(number)));

function parts(...given: (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string> {
  return fc
    .tuple(...given.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((all) => all.join(""));
}

type Grammar = {
  boolean: string;
  number: string;
  text: string;
  texts: string;
  time: string;
};

const grammar = fc.letrec<Grammar>((tie) => ({
  boolean: fc.oneof(
    { maxDepth: 4, depthIdentifier: "rule", withCrossShrink: true },
    parts(side, ".b"),
    parts("has(", side, ".", fc.constantFrom("n", "s", "b", "l", "k", "t"), ")"),
    parts("(", tie("number"), " ", comparison, " ", tie("number"), ")"),
    parts("(", tie("text"), " ", comparison, " ", tie("text"), ")"),
    parts("(", tie("time"), " ", comparison, " ", tie("time"), ")"),
    parts("(", tie("text"), " in ", tie("texts"), ")"),
    parts("(", side, ".n in [", literalNumber, ", ", literalNumber, "])"),
    parts("(", side, ".n in ", side, ".k)"),
    parts("(", side, ".b == ", side, ".b)"),
    parts("(", tie("texts"), ".shared(", tie("texts"), ") ", comparison, " ", tie("number"), ")"),
    parts("(", tie("texts"), fc.constantFrom(" == ", " != "), tie("texts"), ")"),
    parts(side, ".s.", fc.constantFrom("startsWith", "contains"), "(", tie("text"), ")"),
    parts(tie("texts"), fc.constantFrom(".exists", ".all", ".exists_one"), "(x, x in ", tie("texts"), ")"),
    parts(tie("texts"), fc.constantFrom(".exists", ".all", ".exists_one"), "(x, x == ", tie("text"), ")"),
    parts(tie("texts"), fc.constantFrom(".exists", ".all"), "(x, size(x) > 0 && ", tie("boolean"), ")"),
    parts(side, ".k", fc.constantFrom(".exists", ".all"), "(x, x > ", tie("number"), ")"),
    parts("(", tie("boolean"), " && ", tie("boolean"), ")"),
    parts("(", tie("boolean"), " || ", tie("boolean"), ")"),
    parts("!", tie("boolean")),
    parts("(", tie("boolean"), " ? ", tie("boolean"), " : ", tie("boolean"), ")"),
  ),
  number: fc.oneof(
    { maxDepth: 3, depthIdentifier: "rule" },
    literalNumber,
    parts(side, fc.constantFrom(".n", ".m")),
    parts("size(", side, ".l)"),
    parts("int(", side, ".s)"),
    parts("(", tie("number"), fc.constantFrom(" + ", " - ", " * ", " / "), tie("number"), ")"),
    parts(fc.constantFrom("min(", "max("), tie("number"), ", ", tie("number"), ")"),
    parts(tie("texts"), ".shared(", tie("texts"), ")"),
    parts("(", tie("boolean"), " ? ", tie("number"), " : ", tie("number"), ")"),
  ),
  text: fc.oneof(
    { maxDepth: 3, depthIdentifier: "rule" },
    literalText,
    parts(side, fc.constantFrom(".s", ".c")),
    parts("(", tie("text"), " + ", tie("text"), ")"),
  ),
  texts: fc.oneof(
    { maxDepth: 3, depthIdentifier: "rule" },
    parts("[", literalText, ", ", literalText, "]"),
    parts(side, ".l"),
    parts(side, ".l.filter(x, x != ", tie("text"), ")"),
    parts(side, ".l.map(x, x + ", tie("text"), ")"),
  ),
  time: fc.oneof(
    { maxDepth: 2, depthIdentifier: "rule" },
    fc.constant("now"),
    parts(side, ".t"),
    parts("(", tie("time"), " + duration('1s'))"),
  ),
}));

/** A rule's source over `randomTypes` on both sides. */
export const randomRule: fc.Arbitrary<string> = grammar.boolean.filter(isNotTooComplex);

/** A feature's source likewise. */
export const randomNumber: fc.Arbitrary<string> = grammar.number.filter(isNotTooComplex);

function isNotTooComplex(source: string): boolean {
  const side = { attributes: randomTypes };
  const variables = { supply: side, demand: side, now: { value: "timestamp" } } as const;
  const result = compileExpression({ source, variables });
  return result.ok || result.mistakes.some(({ code }) => code !== "TOO_COMPLEX");
}

const atom: fc.Arbitrary<Residual> = fc.oneof(
  fc.constantFrom<Residual>(
    { op: "const", value: true },
    { op: "const", value: false },
    { op: "const", value: undefined },
  ),
  fc.record({ op: fc.constant("has" as const), attribute: fc.constantFrom("n", "s", "b", "l", "k", "t") }),
  fc.record({
    op: fc.constant("compare" as const),
    attribute: fc.constantFrom("n", "m"),
    by: fc.constantFrom("<", "<=", ">", ">="),
    value: numbers,
  }),
  fc.record({
    op: fc.constant("compare" as const),
    attribute: fc.constant("s"),
    by: fc.constantFrom("<", "<=", ">", ">="),
    value: texts,
  }),
  oneOfAtom("s", texts),
  oneOfAtom("n", numbers),
  oneOfAtom("b", fc.boolean()),
  fc.record({
    op: fc.constant("shares" as const),
    attribute: fc.constant("l"),
    values: fc.uniqueArray(texts, { maxLength: 4 }),
    atLeast: fc.nat({ max: 4 }),
  }),
);

function oneOfAtom(
  attribute: string,
  value: fc.Arbitrary<string | number | boolean>,
): fc.Arbitrary<Residual> {
  const values = fc.uniqueArray(value, { maxLength: 3 });
  return fc.record({ op: fc.constant("oneOf" as const), attribute: fc.constant(attribute), values });
}

/** A predicate over `randomTypes`, more evenly spread over its forms than those that random rules leave. */
export const randomResidual: fc.Arbitrary<Residual> = fc.letrec<{ residual: Residual }>((tie) => ({
  residual: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: atom },
    fc.record({
      op: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("residual"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ op: fc.constant("not" as const), part: tie("residual") }),
    fc.record({
      op: fc.constant("choose" as const),
      when: tie("residual"),
      yes: tie("residual"),
      no: tie("residual"),
    }),
  ),
})).residual;
