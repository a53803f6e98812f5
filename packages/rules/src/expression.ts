import type { Comparison } from "./residual.ts";
import type { Value, ValueType } from "./value.ts";

/**
 * A checked expression: every node knows its type, every name is resolved, every overload chosen.
 *
 * Evaluation is three-valued. A missing attribute, and a conversion that fails, is `undefined`: unknown.
 * Strict operations of something unknown are unknown; `and`, `or` and the quantifiers absorb as CEL's do.
 */
export type Expression =
  | ConstNode
  | { readonly op: "attribute"; readonly type: ValueType; readonly variable: string; readonly name: string }
  | { readonly op: "variable"; readonly type: ValueType; readonly name: string }
  | LocalNode
  | { readonly op: "has"; readonly type: "boolean"; readonly variable: string; readonly name: string }
  | {
      readonly op: "and" | "or";
      readonly type: "boolean";
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly op: "not"; readonly type: "boolean"; readonly operand: Expression }
  | {
      readonly op: "choose";
      readonly type: ValueType;
      readonly when: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | {
      readonly op: "compare";
      readonly type: "boolean";
      readonly by: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly op: "equal"; readonly type: "boolean"; readonly left: Expression; readonly right: Expression }
  | { readonly op: "in"; readonly type: "boolean"; readonly item: Expression; readonly list: Expression }
  | { readonly op: "shared"; readonly type: "number"; readonly left: Expression; readonly right: Expression }
  | {
      readonly op: "call";
      readonly type: ValueType;
      readonly operation: Operation;
      readonly args: readonly Expression[];
    }
  | { readonly op: "list"; readonly type: ValueType; readonly items: readonly Expression[] }
  | EachNode;

/** A strict function of known values. `undefined`: no value, as for `int("many")`. It is pure and never throws. */
export interface Operation {
  readonly name: string;
  // Parameters are `never` so that each operation declares the types that its overload was chosen for.
  readonly apply: (...values: never[]) => Value | undefined;
}

export interface ConstNode {
  readonly op: "const";
  readonly type: ValueType;
  /** `undefined`: unknown, because what stood here was missing or could not be computed. */
  readonly value: Value | undefined;
}

/** The variable of a quantifier, `filter` or `map`; `local` is unique within its expression. */
export interface LocalNode {
  readonly op: "local";
  readonly type: ValueType;
  readonly local: number;
}

/** `list.all(x, body)` and its relatives. `map` gives `body`, of the items that pass `where` if there is one. */
export interface EachNode {
  readonly op: "each";
  readonly type: ValueType;
  readonly kind: "all" | "exists" | "existsOne" | "filter" | "map";
  readonly list: Expression;
  readonly local: number;
  readonly where: Expression | undefined;
  readonly body: Expression;
}

/** The direct parts of an expression, in order of appearance. */
export function partsOf(node: Expression): readonly Expression[] {
  switch (node.op) {
    case "and":
    case "or":
    case "equal":
    case "compare":
    case "shared":
      return [node.left, node.right];
    case "in":
      return [node.item, node.list];
    case "not":
      return [node.operand];
    case "choose":
      return [node.when, node.yes, node.no];
    case "call":
      return node.args;
    case "list":
      return node.items;
    case "each":
      return node.where === undefined ? [node.list, node.body] : [node.list, node.where, node.body];
    default:
      return [];
  }
}
