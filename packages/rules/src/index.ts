export {
  type AttributeTypes,
  attributeTypes,
  type NormalisedAttributes,
  normaliseAttributes,
} from "./attributes.ts";
export type { Accessor, Columns } from "./columns.ts";
export {
  type CompiledExpression,
  compileExpression,
  type ExpressionSource,
  type Inputs,
  type VariableType,
} from "./compile-expression.ts";
export { type Expression, partsOf } from "./expression.ts";
export type { Mistake, MistakeCode } from "./mistake.ts";
export { numberOver, predicateOver } from "./over-columns.ts";
export { evaluatePolicy, type FailedRule, type NamedRule, type PolicyVerdict } from "./policy.ts";
export type { Comparison, Residual } from "./residual.ts";
export {
  compileNumber,
  compileRule,
  type DecisionInput,
  type NumberExpression,
  type Rule,
  type RuleReason,
  type RuleSource,
  type RuleVerdict,
  type Side,
} from "./rule.ts";
export { specialise, specialiseNumber } from "./specialise.ts";
export { compareText } from "./text-order.ts";
export type {
  AttributeDeclaration,
  Attributes,
  AttributeType,
  ScalarType,
  SideTypes,
  Value,
  ValueType,
} from "./value.ts";
