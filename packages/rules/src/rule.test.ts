import { describe, expect, it } from "vitest";
import {
  attributeTypes,
  compileExpression,
  compileNumber,
  compileRule,
  evaluatePolicy,
  type SideTypes,
} from "./index.ts";

function typesOf(schema: unknown): SideTypes {
  const result = attributeTypes(schema);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.types;
}

const supply = typesOf({
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string" },
    price: { type: "number" },
    years: { type: "integer" },
    remote: { type: "boolean" },
    skills: { type: "array", items: { type: "string" } },
    ratings: { type: "array", items: { type: "number" } },
    available: { type: "string", format: "date-time" },
    birthDate: { type: "string", format: "date", "x-personal": true },
  },
});
const demand = typesOf({
  type: "object",
  properties: {
    budget: { type: "number" },
    skills: { type: "array", items: { type: "string" } },
    country: { type: "string" },
  },
});
const now = Date.UTC(2026, 0, 10);

function ruleOf(source: string) {
  const result = compileRule({ source, supply, demand });
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result.rule;
}

const input = {
  supply: {
    title: "Data Engineer",
    price: 40,
    years: 3,
    remote: true,
    skills: ["sql", "go", "sql"],
    ratings: [4, 5],
    available: Date.UTC(2026, 0, 15),
  },
  demand: { budget: 45.5, skills: ["go", "sql", "rust"] },
  now,
};

describe("a rule", () => {
  it.each([
    ["supply.price <= demand.budget", true],
    ["supply.price * 2 > demand.budget && supply.remote", true],
    ["supply.years >= 3 ? supply.remote : false", true],
    ["supply.title.lowerAscii().contains('engineer')", true],
    ["supply.title.matches('^Data [A-Z][a-z]+$')", true],
    ["supply.title.matches('^Engineer')", false],
    ["supply['title'].startsWith('Data') && supply.title.endsWith('r')", true],
    ["supply.skills.shared(demand.skills) >= min(2, size(demand.skills))", true],
    ["supply.skills.shared(demand.skills) == 2", true],
    ["'go' in supply.skills && !('rust' in supply.skills)", true],
    ["supply.title in ['Data Engineer', 'Nurse']", true],
    ["5 in supply.ratings", true],
    ["demand.skills.all(s, s in supply.skills)", false],
    ["demand.skills.exists(s, s == 'rust')", true],
    ["demand.skills.exists_one(s, s.startsWith('r'))", true],
    ["demand.skills.filter(s, s in supply.skills).size() == 2", true],
    ["supply.ratings.map(r, r * 2) == [8, 10]", true],
    ["supply.available < now + duration('240h')", true],
    ["supply.available - now == duration('120h')", true],
    ["supply.available >= timestamp('2026-01-15T00:00:00Z')", true],
    ["has(supply.price) && !has(demand.country)", true],
    ["int('12') + 0.5 == double('12.5') && string(12) == '12'", true],
    ["math.greatest(1, supply.years, 2) == 3 && max(1, 2) - min(1, 2) == 1", true],
    ["7 / 2 == 3.5 && 7 % 4 == 3 && -supply.years == -3", true],
    ["[] == [] && supply.skills != []", true],
    ["'\\uFF5E' < '\\U0001F600'", true],
  ])("%s is %s", (source, expected) => {
    expect(ruleOf(source).test(input)).toBe(expected);
  });

  it.each([
    ["demand.country == 'DE'", ["demand.country"]],
    ["demand.country == 'DE' || supply.remote", undefined],
    ["demand.country == 'DE' && !supply.remote", undefined],
    ["!(demand.country in ['DE'])", ["demand.country"]],
    ["supply.skills.all(s, s == demand.country)", ["demand.country"]],
    ["supply.remote ? demand.country == 'DE' : false", ["demand.country"]],
  ])("%s is unknown for want of %s", (source, missing) => {
    const verdict = ruleOf(source).evaluate(input);
    expect(verdict.missing).toEqual(missing ?? []);
    expect(verdict.reason === "MISSING_ATTRIBUTE").toBe(missing !== undefined);
  });

  it("says which values it saw and that a value could not be computed", () => {
    const verdict = ruleOf("int(supply.title) > 3 && supply.price / 0 > 1").evaluate(input);
    expect(verdict).toEqual({
      satisfied: false,
      reason: "VALUE_ERROR",
      missing: [],
      values: [
        { path: "supply.title", value: "Data Engineer" },
        { path: "supply.price", value: 40 },
      ],
    });
  });

  it.each([
    `"${"a".repeat(100)}"${".replace('a', 'aa')".repeat(40)} == ""`,
    `"a"${".split('').join('aa')".repeat(2)} == "a" && supply.skills${".map(s, s + s)".repeat(40)} == []`,
    `"${",".repeat(1_001)}".split(",").all(s, true)`,
  ])("gives up on what would grow without end: %.40s", (source) => {
    expect(ruleOf(source).evaluate(input).reason).toBe("VALUE_ERROR");
  });

  it("fails a policy by name", () => {
    const rules = [
      { id: "budget", rule: ruleOf("supply.price <= demand.budget") },
      { id: "country", rule: ruleOf("demand.country == 'DE'") },
    ];
    const verdict = evaluatePolicy(rules, input);
    expect(verdict.eligible).toBe(false);
    expect(verdict.failed.map(({ id, reason }) => [id, reason])).toEqual([["country", "MISSING_ATTRIBUTE"]]);
  });

  it("does not read what every object inherits", () => {
    const result = compileExpression({
      source: "row.constructor == 'x'",
      variables: { row: { attributes: new Map(), otherwise: "string" } },
    });
    expect(result.ok && result.compiled.evaluate({ row: {} })).toBeUndefined();
  });
});

describe("a mistake", () => {
  it.each([
    ["supply.prize > 1", "UNKNOWN_ATTRIBUTE", 1, 1, 12],
    ["true &&\n  offer.price > 1", "UNKNOWN_NAME", 2, 3, 5],
    ["supply.title > 1", "TYPE_MISMATCH", 1, 1, 16],
    ["supply.title + 1 == ''", "TYPE_MISMATCH", 1, 1, 16],
    ["supply.birthDate < now", "PERSONAL_ATTRIBUTE_IN_RULE", 1, 1, 16],
    ["has(supply.birthDate)", "PERSONAL_ATTRIBUTE_IN_RULE", 1, 5, 16],
    ["supply['birthDate'] < now", "PERSONAL_ATTRIBUTE_IN_RULE", 1, 1, 19],
    ["supply.price", "RESULT_TYPE", 1, 1, 12],
    ["supply.price >", "SYNTAX", 1, 15, 1],
    ["supply.price > \u{1f600}\u{1f600}", "SYNTAX", 1, 16, 2],
    ["supply == demand", "TYPE_MISMATCH", 1, 1, 6],
    ["{'a': 1}.size() == 1", "UNSUPPORTED", 1, 1, 8],
    ["supply.title.reverse() == ''", "UNSUPPORTED", 1, 1, 22],
    ["supply.title.matches(demand.country)", "UNSUPPORTED", 1, 1, 36],
    ["supply.title.matches('(?=x)')", "INVALID_LITERAL", 1, 22, 7],
    ["supply.price == 99999999999999999999", "INVALID_LITERAL", 1, 17, 20],
    ["supply.price == null", "UNSUPPORTED", 1, 17, 4],
    ["supply.skills.exists(s, s > 1)", "TYPE_MISMATCH", 1, 25, 5],
    ["demand.skills.all(s, true) && s == ''", "UNKNOWN_NAME", 1, 31, 1],
    [
      "demand.skills.all(a, demand.skills.all(a, demand.skills.all(a, a == a || a == a)))",
      "TOO_COMPLEX",
      1,
      43,
      38,
    ],
    ["supply.skills.shared(supply.ratings) > 1", "TYPE_MISMATCH", 1, 22, 14],
    [`${"(".repeat(300)}true${")".repeat(300)}`, "TOO_COMPLEX", 1, 101, 1],
    [" ".repeat(20_000), "TOO_COMPLEX", 1, 1, 1],
  ])("in %.60s is %s at %i:%i", (source, code, line, column, length) => {
    const result = compileRule({ source, supply, demand });
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.mistakes[0]).toMatchObject({ code, line, column, length });
  });

  it("names a whole character where two code units are one", () => {
    const result = compileRule({ source: "\u{1f600}\u{1f600}", supply, demand });
    expect(!result.ok && result.mistakes[0]?.message).toContain("\u{1f600}.");
  });

  it("does not hide the others", () => {
    const result = compileRule({ source: "supply.a > 1 && demand.b < 2 && size(3) == 1", supply, demand });
    expect(!result.ok && result.mistakes.map(({ column }) => column)).toEqual([1, 17, 33]);
  });

  it("in a number is that it is something else", () => {
    const result = compileNumber({ source: "supply.title", supply, demand });
    expect(!result.ok && result.mistakes[0]?.code).toBe("RESULT_TYPE");
  });
});

describe("an expression over a row", () => {
  it("maps columns to an attribute", () => {
    const result = compileExpression({
      source: "row.rest.map(s, s.trim().lowerAscii()).filter(s, s != '').distinct()",
      variables: {
        row: {
          attributes: new Map([["rest", { type: "list<string>", required: false, personal: false }]]),
          otherwise: "string",
        },
      },
      result: ["list<string>"],
    });
    expect(result.ok && result.compiled.evaluate({ row: { rest: [" SQL", "sql", "", "Go"] } })).toEqual([
      "sql",
      "go",
    ]);
  });

  it("derives from personal attributes where that is allowed", () => {
    const result = compileExpression({
      source: "listing.birthDate < timestamp('2008-01-01') ? 'ADULT' : 'MINOR'",
      variables: { listing: { attributes: supply, personal: "allowed" } },
    });
    expect(result.ok && result.compiled.evaluate({ listing: { birthDate: 0 } })).toBe("ADULT");
  });
});
