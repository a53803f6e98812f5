import { compileExpression, type CompiledExpression } from "./compile-expression.ts";
import type { Expression } from "./expression.ts";
import type { Mistake } from "./mistake.ts";
import type { Attributes, SideTypes, Value } from "./value.ts";

export type Side = "supply" | "demand";

/** What a rule is decided from. `now` is the decision time in epoch milliseconds. */
export interface DecisionInput {
  readonly supply: Attributes;
  readonly demand: Attributes;
  readonly now: number;
}

/** An expression over both sides and the types they declare. */
export interface RuleSource {
  readonly source: string;
  readonly supply: SideTypes;
  readonly demand: SideTypes;
}

/** A checked rule: a boolean expression over `supply`, `demand` and `now`. */
export interface Rule {
  readonly source: string;
  readonly expression: Expression;
  /** Paths of the attributes that the rule names, as `supply.skills`, in order of appearance. */
  readonly paths: readonly string[];
  /** Three-valued: `undefined` where a missing attribute or a failed conversion leaves it open. */
  test(input: DecisionInput): boolean | undefined;
  /** The same with reasons; slower, for people and records. */
  evaluate(input: DecisionInput): RuleVerdict;
}

/** A checked feature: a number over `supply`, `demand` and `now`. */
export interface NumberExpression {
  readonly source: string;
  readonly expression: Expression;
  readonly paths: readonly string[];
  /** `undefined` where a missing attribute or a failed conversion leaves it open. */
  evaluate(input: DecisionInput): number | undefined;
}

/**
 * - `SATISFIED`, `NOT_SATISFIED`: the rule is true, false.
 * - `MISSING_ATTRIBUTE`: it is unknown because `missing` are missing.
 * - `VALUE_ERROR`: it is unknown although nothing decisive is missing, as in `int("many")`.
 */
export type RuleReason = "SATISFIED" | "NOT_SATISFIED" | "MISSING_ATTRIBUTE" | "VALUE_ERROR";

export interface RuleVerdict {
  readonly satisfied: boolean;
  readonly reason: RuleReason;
  /** Paths without which the rule stays unknown; empty unless `reason` is MISSING_ATTRIBUTE. */
  readonly missing: readonly string[];
  /** Every attribute that the rule names, with the value it had. */
  readonly values: readonly { readonly path: string; readonly value: Value | undefined }[];
}
