import { readsNow } from "@marketmesh/listing-projection";
import { compileRule, type NamedRule, type SideTypes } from "@marketmesh/rules";
import type { Rule } from "./policy.ts";

/** The attributes that both kinds declare. */
export interface PairTypes {
  readonly supply: SideTypes;
  readonly demand: SideTypes;
}

/** Rules that were checked against two kinds. */
export interface CompiledPolicy {
  readonly rules: readonly NamedRule[];
  /** Whether a verdict depends on the decision time. */
  readonly readsNow: boolean;
}

/** Something wrong with a rule, and where. */
export interface PolicyMistake {
  readonly reason: "EXPRESSION_INVALID" | "PERSONAL_ATTRIBUTE_IN_RULE" | "RULE_REASON_REPEATED";
  /** Path from the policy: `rules[2].expression`. */
  readonly path: string;
  /** A finer word than the reason. */
  readonly code: string;
  /** From 1; 0 outside an expression. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Checks all rules; answers with every mistake, in their order. */
export function compilePolicy(
  rules: readonly Rule[],
  types: PairTypes,
):
  | { readonly ok: true; readonly policy: CompiledPolicy }
  | { readonly ok: false; readonly mistakes: readonly PolicyMistake[] } {
  const mistakes: PolicyMistake[] = [];
  const compiled: NamedRule[] = [];
  const seen = new Set<string>();
  for (const [at, { reason, expression }] of rules.entries()) {
    if (seen.has(reason)) mistakes.push(repeated(at, reason));
    seen.add(reason);
    const result = compileRule({ source: expression, ...types });
    if (result.ok) {
      compiled.push({ id: reason, rule: result.rule });
      continue;
    }
    for (const { code, line, column, message } of result.mistakes) {
      const personal = code === "PERSONAL_ATTRIBUTE_IN_RULE";
      const path = `rules[${at}].expression`;
      mistakes.push({ reason: personal ? code : "EXPRESSION_INVALID", path, code, line, column, message });
    }
  }
  if (mistakes.length > 0) return { ok: false, mistakes };
  const isTimed = compiled.some(({ rule }) => readsNow(rule.expression));
  return { ok: true, policy: { rules: compiled, readsNow: isTimed } };
}

function repeated(at: number, reason: string): PolicyMistake {
  return {
    reason: "RULE_REASON_REPEATED",
    path: `rules[${at}].reason`,
    code: "RULE_REASON_REPEATED",
    line: 0,
    column: 0,
    message: `Two rules have the reason ${reason}; a verdict could not tell them apart.`,
  };
}
