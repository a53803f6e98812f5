import {
  type CompiledExpression,
  compileExpression,
  type Inputs,
  type VariableType,
} from "./compile-expression.ts";
import type { Expression } from "./expression.ts";
import { missingPaths } from "./missing.ts";
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

/** Checks a rule. Personal attributes are refused by name. */
export function compileRule(
  input: RuleSource,
):
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] } {
  const result = compileExpression({
    source: input.source,
    variables: variablesOf(input),
    result: ["boolean"],
  });
  return result.ok ? { ok: true, rule: ruleOf(result.compiled) } : result;
}

/** Checks a feature, which is like a rule but a number. */
export function compileNumber(
  input: RuleSource,
):
  | { readonly ok: true; readonly number: NumberExpression }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] } {
  const result = compileExpression({
    source: input.source,
    variables: variablesOf(input),
    result: ["number"],
  });
  if (!result.ok) return result;
  const { source, expression, paths, evaluate } = result.compiled;
  return {
    ok: true,
    number: { source, expression, paths, evaluate: (at) => evaluate(asInputs(at)) as number | undefined },
  };
}

function variablesOf({ supply, demand }: RuleSource): Readonly<Record<string, VariableType>> {
  return { supply: { attributes: supply }, demand: { attributes: demand }, now: { value: "timestamp" } };
}

/** An interface has no index signature, so it is widened here, once. */
function asInputs({ supply, demand, now }: DecisionInput): Inputs {
  return { supply, demand, now };
}

function ruleOf({ source, expression, paths, evaluate }: CompiledExpression): Rule {
  const test = (input: DecisionInput) => evaluate(asInputs(input)) as boolean | undefined;
  return {
    source,
    expression,
    paths,
    test,
    evaluate: (input) => {
      const outcome = test(input);
      const missing = outcome === undefined ? missingPaths(expression, asInputs(input)) : [];
      return {
        satisfied: outcome === true,
        reason: reasonOf(outcome, missing),
        missing,
        values: paths.map((path) => ({ path, value: valueAt(input, path) })),
      };
    },
  };
}

function reasonOf(outcome: boolean | undefined, missing: readonly string[]): RuleReason {
  if (outcome !== undefined) return outcome ? "SATISFIED" : "NOT_SATISFIED";
  return missing.length > 0 ? "MISSING_ATTRIBUTE" : "VALUE_ERROR";
}

function valueAt(input: DecisionInput, path: string): Value | undefined {
  const at = path.indexOf(".");
  const side = path.slice(0, at) as Side;
  const name = path.slice(at + 1);
  return Object.hasOwn(input[side], name) ? input[side][name] : undefined;
}
