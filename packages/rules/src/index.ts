export type {
  AttributeDeclaration,
  AttributeType,
  Attributes,
  ScalarType,
  SideTypes,
  Value,
  ValueType,
} from "./value.ts";
export { attributeTypes, normaliseAttributes, type AttributeTypes, type NormalisedAttributes } from "./attributes.ts";
export type { Mistake, MistakeCode } from "./mistake.ts";
export {
  compileExpression,
  type CompiledExpression,
  type ExpressionSource,
  type Inputs,
  type VariableType,
} from "./compile-expression.ts";
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
export { evaluatePolicy, type FailedRule, type NamedRule, type PolicyVerdict } from "./policy.ts";
export type { Expression } from "./expression.ts";
export type { Comparison, Residual } from "./residual.ts";
export { specialise, specialiseNumber } from "./specialise.ts";
export type { Accessor, Columns } from "./columns.ts";
export { numberOver, predicateOver } from "./over-columns.ts";
export { compareText } from "./text-order.ts";
