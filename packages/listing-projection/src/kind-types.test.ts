import { expect, test } from "vitest";
import { inlineAttributes, plainValue } from "./attributes.ts";
import { typesOfKind } from "./kind-types.ts";

const kind = {
  name: "markets/berlin/kinds/candidate",
  schema: {
    type: "object",
    properties: {
      skills: { type: "array", items: { type: "string" } },
      born: { type: "string", format: "date", "x-personal": true },
      free_from: { type: "string", format: "date-time" },
    },
  },
  derivedAttributes: [
    {
      $typeName: "marketmesh.catalog.v1.DerivedAttribute",
      attribute: "is_adult",
      expression: "listing.born < timestamp('2008-01-01T00:00:00Z')",
    },
    {
      $typeName: "marketmesh.catalog.v1.DerivedAttribute",
      attribute: "breadth",
      expression: "size(listing.skills)",
    },
  ],
} as const;
const types = typesOfKind(kind as never);

test("derived attributes have the type of their expression, and are not personal though what they read is", () => {
  expect(types.get("is_adult")).toMatchObject({ type: "boolean", personal: false });
  expect(types.get("breadth")).toMatchObject({ type: "number" });
  expect(types.get("born")).toMatchObject({ type: "timestamp", personal: true });
});

test("inline attributes are refused by name where they do not fit", () => {
  const { mistakes } = inlineAttributes(types, { skills: "sql", born: "2000-01-01", height: 2, breadth: 1 });
  expect(mistakes.map(({ attribute }) => attribute)).toEqual(["born", "height", "skills"]);
  const { attributes } = inlineAttributes(types, { free_from: "2026-05-01T00:00:00Z", skills: null });
  expect({ ...attributes }).toEqual({ free_from: Date.UTC(2026, 4, 1) });
  expect(plainValue(attributes.free_from!, "timestamp")).toBe("2026-05-01T00:00:00.000Z");
});
