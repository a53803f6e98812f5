import { expect, test } from "vitest";
import { incompatibility } from "./compatible-change.ts";
import type { JsonObject } from "./json.ts";
import type { KindContent } from "./kind.ts";

function kind(
  properties: JsonObject,
  over: Partial<KindContent> & { required?: string[] } = {},
): KindContent {
  const { required = [], ...rest } = over;
  return {
    side: "SUPPLY",
    schema: { type: "object", required, properties },
    derivedAttributes: [],
    groups: [],
    ...rest,
  };
}

const at = (from: JsonObject, to: JsonObject) => incompatibility(kind({ a: from }), kind({ a: to }))?.field;

const allowed: [string, JsonObject, JsonObject][] = [
  ["a wider range", { type: "number", minimum: 1, maximum: 9 }, { type: "number", minimum: 0, maximum: 10 }],
  ["no range", { type: "number", minimum: 1, exclusiveMaximum: 9 }, { type: "number" }],
  [
    "an exclusive bound that becomes inclusive",
    { type: "number", exclusiveMinimum: 1 },
    { type: "number", minimum: 1 },
  ],
  ["an integer that becomes a number", { type: "integer" }, { type: "number" }],
  ["more choices", { type: "string", enum: ["a"] }, { type: "string", enum: ["b", "a"] }],
  ["a constant that becomes a choice", { type: "string", const: "a" }, { type: "string", enum: ["a", "b"] }],
  ["any text", { type: "string", pattern: "^a", maxLength: 3 }, { type: "string" }],
  [
    "a longer list",
    { type: "array", items: { type: "string" }, maxItems: 3 },
    { type: "array", items: { type: "string" }, maxItems: 4 },
  ],
  ["a coarser step's divisor", { type: "number", multipleOf: 6 }, { type: "number", multipleOf: 3 }],
  [
    "duplicates",
    { type: "array", items: { type: "string" }, uniqueItems: true },
    { type: "array", items: { type: "string" } },
  ],
  ["another description", { type: "string", description: "x" }, { type: "string", title: "y" }],
  ["a text without its format", { type: "string", format: "email" }, { type: "string" }],
];

test.each(allowed)("allows %s", (_, from, to) => {
  expect(at(from, to)).toBeUndefined();
});

test.each<[string, JsonObject, JsonObject, string]>([
  ["a higher minimum", { type: "number", minimum: 1 }, { type: "number", minimum: 2 }, "minimum"],
  ["a new maximum", { type: "number" }, { type: "number", maximum: 2 }, "maximum"],
  [
    "an inclusive bound that becomes exclusive",
    { type: "number", maximum: 2 },
    { type: "number", exclusiveMaximum: 2 },
    "exclusiveMaximum",
  ],
  ["another type", { type: "string" }, { type: "number" }, "type"],
  ["a number that becomes an integer", { type: "number" }, { type: "integer" }, "type"],
  ["fewer choices", { type: "string", enum: ["a", "b"] }, { type: "string", enum: ["a"] }, "enum"],
  ["a new choice list", { type: "string" }, { type: "string", enum: ["a"] }, "enum"],
  ["a new constant", { type: "string" }, { type: "string", const: "a" }, "const"],
  ["a shorter text", { type: "string", maxLength: 9 }, { type: "string", maxLength: 8 }, "maxLength"],
  ["a longer text", { type: "string" }, { type: "string", minLength: 1 }, "minLength"],
  ["another pattern", { type: "string", pattern: "a" }, { type: "string", pattern: "b" }, "pattern"],
  ["a new format", { type: "string" }, { type: "string", format: "email" }, "format"],
  ["a text that becomes a time", { type: "string" }, { type: "string", format: "date-time" }, "format"],
  ["a time that becomes a text", { type: "string", format: "date-time" }, { type: "string" }, "format"],
  ["another step", { type: "number", multipleOf: 3 }, { type: "number", multipleOf: 2 }, "multipleOf"],
  [
    "unique items",
    { type: "array", items: { type: "string" } },
    { type: "array", items: { type: "string" }, uniqueItems: true },
    "uniqueItems",
  ],
  [
    "narrower items",
    { type: "array", items: { type: "string" } },
    { type: "array", items: { type: "string", maxLength: 1 } },
    "items.maxLength",
  ],
  [
    "other items",
    { type: "array", items: { type: "string" } },
    { type: "array", items: { type: "number" } },
    "items.type",
  ],
  [
    "a keyword that can't be compared",
    { type: "array", items: { type: "string" } },
    { type: "array", items: { type: "string" }, contains: { const: "a" } },
    "contains",
  ],
  [
    "what was personal becoming open",
    { type: "string", "x-personal": true },
    { type: "string" },
    "x-personal",
  ],
  [
    "what was announced becoming personal",
    { type: "string" },
    { type: "string", "x-personal": true },
    "x-personal",
  ],
])("refuses %s, with its path", (_, from, to, path) => {
  expect(at(from, to)).toBe(`schema.properties.a.${path}`);
});

const text = { type: "string" };

test.each<[string, KindContent, KindContent, string | undefined]>([
  ["a new optional attribute", kind({ a: text }), kind({ a: text, b: text }), undefined],
  [
    "a new required attribute",
    kind({ a: text }),
    kind({ a: text, b: text }, { required: ["b"] }),
    "schema.required",
  ],
  ["an attribute no longer required", kind({ a: text }, { required: ["a"] }), kind({ a: text }), undefined],
  ["an attribute that is gone", kind({ a: text, b: text }), kind({ a: text }), "schema.properties.b"],
  ["another side", kind({ a: text }), kind({ a: text }, { side: "DEMAND" }), "side"],
  [
    "a new derived attribute",
    kind({ a: text }),
    kind({ a: text }, { derivedAttributes: [{ attribute: "d", expression: "1.0" }] }),
    undefined,
  ],
  [
    "a derived attribute that is gone",
    kind({ a: text }, { derivedAttributes: [{ attribute: "d", expression: "1.0" }] }),
    kind({ a: text }),
    "derived_attributes",
  ],
  [
    "a new group",
    kind({ a: text }),
    kind({ a: text }, { groups: [{ group: "g", attribute: "a" }] }),
    undefined,
  ],
  [
    "a group of another attribute",
    kind({ a: text, b: text }, { groups: [{ group: "g", attribute: "a" }] }),
    kind({ a: text, b: text }, { groups: [{ group: "g", attribute: "b" }] }),
    "groups",
  ],
  [
    "a group that is gone",
    kind({ a: text }, { groups: [{ group: "g", attribute: "a" }] }),
    kind({ a: text }),
    "groups",
  ],
])("judges %s", (_, from, to, field) => {
  expect(incompatibility(from, to)?.field).toBe(field);
});
