import { bind, type Known } from "./bind.ts";
import type { Expression } from "./expression.ts";
import type { Residual } from "./residual.ts";
import type { NumberExpression, Rule, Side } from "./rule.ts";
import { toResidual } from "./to-residual.ts";
import type { Attributes } from "./value.ts";

/**
 * Binds one side and `now` (epoch milliseconds): what is left is a predicate over the other side that is true,
 * false or unknown exactly where the rule is.
 */
export function specialise(rule: Rule, side: Side, attributes: Attributes, now: number): Residual {
  return toResidual(bind(rule.expression, knowing(side, attributes, now)));
}

/** The same for a feature: an expression over the other side, to be read with `numberOver`. */
export function specialiseNumber(
  number: NumberExpression,
  side: Side,
  attributes: Attributes,
  now: number,
): Expression {
  return bind(number.expression, knowing(side, attributes, now));
}

function knowing(side: Side, attributes: Attributes, now: number): Known {
  return {
    attribute: (variable, name) => {
      if (variable !== side) return undefined;
      return { value: Object.hasOwn(attributes, name) ? attributes[name] : undefined };
    },
    variable: (name) => (name === "now" ? { value: now } : undefined),
  };
}
