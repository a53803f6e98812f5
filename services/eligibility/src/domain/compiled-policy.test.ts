import type { SideTypes } from "@marketmesh/rules";
import { expect, test } from "vitest";
import { compilePolicy } from "./compiled-policy.ts";
import { sameRules } from "./policy.ts";

const plain = { required: false, personal: false };
const side: SideTypes = new Map([
  ["size", { type: "number", ...plain }],
  ["since", { type: "timestamp", ...plain }],
  ["phone", { type: "string", required: false, personal: true }],
]);
const types = { supply: side, demand: side };

function rule(reason: string, expression: string, description = "") {
  return { reason, expression, description };
}

test.each([
  ["supply.size > 1", false],
  ["supply.since < now", true],
  ["supply.size > 1 || (demand.size < 2 && demand.since - duration('1h') > now)", true],
])("knows whether the verdict of %s depends on the time", (expression, readsNow) => {
  const result = compilePolicy([rule("A", "true"), rule("B", expression)], types);
  expect(result).toMatchObject({ ok: true, policy: { readsNow } });
});

test("names every mistake by rule, line and column", () => {
  const rules = [
    rule("A", "supply.size >\n  demand.sise"),
    rule("A", "supply.phone == ''"),
    rule("C", "1 +"),
  ];
  const result = compilePolicy(rules, types);
  const mistakes = result.ok ? [] : result.mistakes;
  expect(mistakes.map(({ path, reason, code }) => [path, reason, code])).toEqual([
    ["rules[0].expression", "EXPRESSION_INVALID", "UNKNOWN_ATTRIBUTE"],
    ["rules[1].reason", "RULE_REASON_REPEATED", "RULE_REASON_REPEATED"],
    ["rules[1].expression", "PERSONAL_ATTRIBUTE_IN_RULE", "PERSONAL_ATTRIBUTE_IN_RULE"],
    ["rules[2].expression", "EXPRESSION_INVALID", "SYNTAX"],
  ]);
  expect(mistakes[0]).toMatchObject({ line: 2 });
});

test.each([
  ["the same", [rule("A", "true")], true],
  ["another description", [rule("A", "true", "why")], false],
  ["another order", [rule("B", "true"), rule("A", "true")], false],
  ["fewer", [], false],
])("rules are compared by all that they say: %s", (_, other, same) => {
  expect(sameRules([rule("A", "true")], other)).toBe(same);
});
