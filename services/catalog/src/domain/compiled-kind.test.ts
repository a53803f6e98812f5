import { describe, expect, test } from "vitest";
import { compileKind } from "./compiled-kind.ts";
import type { JsonObject } from "./json.ts";
import type { KindContent } from "./kind.ts";

const base: KindContent = {
  side: "SUPPLY",
  schema: {
    type: "object",
    properties: { name: { type: "string" }, secret: { type: "string", "x-personal": true } },
  },
  derivedAttributes: [],
  groups: [],
};
const problemOf = (over: Partial<KindContent>) => {
  const compiled = compileKind({ ...base, ...over }, 1n);
  return compiled.ok ? undefined : `${compiled.problem.reason} ${compiled.problem.field}`;
};
const withProperty = (a: JsonObject) => ({ schema: { type: "object", properties: { a } } });
const deep = (levels: number): JsonObject => (levels === 0 ? {} : { not: deep(levels - 1) });

describe("a kind's schema is refused", () => {
  test.each<[string, JsonObject, string]>([
    ["without attributes", { type: "object" }, "schema"],
    ["of another type", { type: "array" }, "schema"],
    [
      "that lets undeclared attributes in",
      { type: "object", properties: {}, additionalProperties: true },
      "schema.additionalProperties",
    ],
    [
      "with a reference",
      { type: "object", properties: { a: { type: "string", $ref: "https://example.com/a" } } },
      "schema.properties.a.$ref",
    ],
    ["with definitions", { type: "object", properties: {}, $defs: {} }, "schema.$defs"],
    [
      "with attributes by pattern",
      { type: "object", properties: {}, patternProperties: {} },
      "schema.patternProperties",
    ],
    [
      "that requires what it does not declare",
      { type: "object", properties: {}, required: ["a"] },
      "schema.required",
    ],
    ["with an unknown keyword", { type: "object", properties: {}, sparkle: 1 }, "schema"],
    ["with a keyword of a wrong type", withProperty({ type: "string", maxLength: "9" }).schema, "schema"],
    [
      "with nested attributes",
      withProperty({ type: "object", properties: {} }).schema,
      "schema.properties.a",
    ],
    [
      "with a pattern that could run for ever",
      withProperty({ type: "string", pattern: "^(?=a)(a+)+$" }).schema,
      "schema.properties.a.pattern",
    ],
    [
      "with a long pattern",
      withProperty({ type: "string", pattern: "a".repeat(1_001) }).schema,
      "schema.properties.a.pattern",
    ],
    [
      "with an unknown format",
      withProperty({ type: "string", format: "regex" }).schema,
      "schema.properties.a.format",
    ],
    [
      "with personal items",
      withProperty({ type: "array", items: { type: "string", "x-personal": true } }).schema,
      "schema.properties.a.items.x-personal",
    ],
    [
      "that is too deep",
      { type: "object", properties: {}, ...deep(20) },
      `schema.${Array(13).fill("not").join(".")}`,
    ],
    ["that is too big", { type: "object", properties: {}, description: "x".repeat(70_000) }, "schema"],
    [
      "of another draft",
      { $schema: "http://json-schema.org/draft-07/schema#", type: "object", properties: {} },
      "schema",
    ],
  ])("%s", (_, schema, field) => {
    expect(problemOf({ schema })).toBe(`SCHEMA_INVALID ${field}`);
  });
});

test.each<[string, Partial<KindContent>, string]>([
  [
    "a syntax error",
    { derivedAttributes: [{ attribute: "d", expression: "listing." }] },
    "EXPRESSION_INVALID derived_attributes[0].expression",
  ],
  [
    "an unknown attribute",
    { derivedAttributes: [{ attribute: "d", expression: "listing.none" }] },
    "EXPRESSION_INVALID derived_attributes[0].expression",
  ],
  [
    "a name that is taken",
    { derivedAttributes: [{ attribute: "name", expression: "1.0" }] },
    "EXPRESSION_INVALID derived_attributes[0].attribute",
  ],
  [
    "a derived attribute that is the personal value",
    { derivedAttributes: [{ attribute: "d", expression: "listing.secret" }] },
    "EXPRESSION_INVALID derived_attributes[0].expression",
  ],
  [
    "a group of nothing",
    { groups: [{ group: "g", attribute: "none" }] },
    "GROUP_INVALID groups[0].attribute",
  ],
  [
    "a personal group",
    { groups: [{ group: "g", attribute: "secret" }] },
    "GROUP_INVALID groups[0].attribute",
  ],
  [
    "a group twice",
    {
      groups: [
        { group: "g", attribute: "name" },
        { group: "g", attribute: "name" },
      ],
    },
    "GROUP_INVALID groups[1].group",
  ],
])("a kind with %s is refused", (_, over, problem) => {
  expect(problemOf(over)).toBe(problem);
});

test("patterns of one kind are told apart", () => {
  const properties = { a: { type: "string", pattern: "^a+$" }, b: { type: "string", pattern: "^b+$" } };
  const kind = compileKind({ ...base, schema: { type: "object", properties } }, 1n);
  expect(kind.ok && kind.value.check({ a: "aa", b: "bb" }).ok).toBe(true);
  expect(kind.ok && kind.value.check({ a: "bb" }).ok).toBe(false);
  expect(kind.ok && kind.value.check({ b: "aa" }).ok).toBe(false);
});

test("a pattern that backtracks elsewhere takes linear time here", () => {
  const kind = compileKind({ ...base, ...withProperty({ type: "string", pattern: "^(a+)+$" }) }, 1n);
  expect(kind.ok && kind.value.check({ a: `${"a".repeat(30_000)}!` }).ok).toBe(false);
});

test("numbers that are none are refused with their path", () => {
  const kind = compileKind({ ...base, ...withProperty({ type: "number" }) }, 1n);
  for (const a of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const checked = kind.ok && kind.value.check({ a });
    expect(checked).toMatchObject({
      ok: false,
      problem: { reason: "ATTRIBUTE_INVALID", field: "attributes.a" },
    });
  }
});

test("attributes are taken apart by who may see them", () => {
  const kind = compileKind(
    {
      ...base,
      derivedAttributes: [{ attribute: "known", expression: "has(listing.secret)" }],
      groups: [{ group: "g", attribute: "name" }],
    },
    1n,
  );
  const checked = kind.ok && kind.value.check({ secret: "s", name: "n" });
  expect(checked).toEqual({
    ok: true,
    value: { openJson: '{"known":true,"name":"n"}', personal: { secret: "s" }, groups: { g: "n" } },
  });
});
