import { check } from "./check.ts";
import type { Expression } from "./expression.ts";
import type { Mistake } from "./mistake.ts";
import { parse } from "./parse.ts";
import { type Leaves, plan } from "./plan.ts";
import type { Attributes, AttributeType, SideTypes, Value, ValueType } from "./value.ts";

/** A name that an expression may use: a plain value, or something with attributes. */
export type VariableType =
  | { readonly value: ValueType }
  | {
      readonly attributes: SideTypes;
      /** The type of every attribute that is not declared; without it, naming one is a mistake. */
      readonly otherwise?: AttributeType;
      /** `allowed` only where the result stays with the listing: derived attributes. Refused unless it says so. */
      readonly personal?: "refused" | "allowed";
    };

export interface ExpressionSource {
  readonly source: string;
  readonly variables: Readonly<Record<string, VariableType>>;
  /** Types that the whole may have. Any, if left out. */
  readonly result?: readonly ValueType[];
}

/** What an expression is evaluated with, by name of variable. */
export type Inputs = Readonly<Record<string, Attributes | Value | undefined>>;

export interface CompiledExpression {
  readonly source: string;
  readonly type: ValueType;
  readonly expression: Expression;
  /** Paths of the attributes it names, as `row.title`, in order of appearance. */
  readonly paths: readonly string[];
  /** `undefined` where a missing attribute or a failed conversion leaves it open. */
  evaluate(inputs: Inputs): Value | undefined;
}

/** Checks an expression against the variables it may use. Reports every mistake, not just the first. */
export function compileExpression(
  input: ExpressionSource,
):
  | { readonly ok: true; readonly compiled: CompiledExpression }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] } {
  const parsed = parse(input.source);
  if ("mistake" in parsed) return { ok: false, mistakes: [parsed.mistake] };
  const checked = check(parsed.ast, input);
  if (!checked.ok) return checked;
  const { expression, paths } = checked;
  const evaluate = plan(expression, inputLeaves);
  return { ok: true, compiled: { source: input.source, type: expression.type, expression, paths, evaluate } };
}

/** Reads attributes and variables from plain objects. */
export const inputLeaves: Leaves<Inputs> = {
  attribute: (variable, name) => (inputs) => {
    const holder = inputs[variable] as Attributes | undefined;
    return holder !== undefined && Object.hasOwn(holder, name) ? holder[name] : undefined;
  },
  variable: (name) => (inputs) => inputs[name] as Value | undefined,
};
