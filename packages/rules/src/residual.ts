import type { Expression } from "./expression.ts";

/**
 * What is left of a rule when one side and `now` are bound: a predicate over the attributes of the other side.
 *
 * Three-valued like the rule: an atom whose attribute is missing is unknown, `and`, `or` and `not` are Kleene's,
 * and a row matches only where the whole is true.
 */
export type Residual =
  | { readonly op: "const"; readonly value: boolean | undefined }
  | { readonly op: "and"; readonly parts: readonly Residual[] }
  | { readonly op: "or"; readonly parts: readonly Residual[] }
  | { readonly op: "not"; readonly part: Residual }
  /** `when ? yes : no`; unknown where `when` is. */
  | { readonly op: "choose"; readonly when: Residual; readonly yes: Residual; readonly no: Residual }
  /** The attribute has a value. Never unknown. */
  | { readonly op: "has"; readonly attribute: string }
  /** Numbers and timestamps compare as doubles, strings bytewise. */
  | {
      readonly op: "compare";
      readonly attribute: string;
      readonly by: Comparison;
      readonly value: number | string;
    }
  /** A scalar attribute equals one of the values, which are distinct and of its type. */
  | {
      readonly op: "oneOf";
      readonly attribute: string;
      readonly values: readonly (string | number | boolean)[];
    }
  /** A string list attribute holds at least `atLeast` of the values, which are distinct. `atLeast` 0: any list will do. */
  | {
      readonly op: "shares";
      readonly attribute: string;
      readonly values: readonly string[];
      readonly atLeast: number;
    }
  /** Anything else, evaluated row by row. */
  | { readonly op: "opaque"; readonly expression: Expression };

export type Comparison = "<" | "<=" | ">" | ">=";
