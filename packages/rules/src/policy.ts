import type { DecisionInput, Rule, RuleVerdict } from "./rule.ts";

/** A rule under the name that its policy gives it. */
export interface NamedRule {
  readonly id: string;
  readonly rule: Rule;
}

export interface FailedRule extends RuleVerdict {
  readonly id: string;
}

/** Whether a pair is eligible, and every rule that says it is not, in the policy's order. */
export interface PolicyVerdict {
  readonly eligible: boolean;
  readonly failed: readonly FailedRule[];
}

/** Evaluates every rule of a policy on a pair; an unknown rule counts as failed. */
export function evaluatePolicy(rules: readonly NamedRule[], input: DecisionInput): PolicyVerdict {
  const failed = rules
    .map(({ id, rule }) => ({ id, ...rule.evaluate(input) }))
    .filter(({ satisfied }) => !satisfied);
  return { eligible: failed.length === 0, failed };
}
