import { type Inputs, inputLeaves } from "./compile-expression.ts";
import { type Expression, partsOf } from "./expression.ts";
import { plan } from "./plan.ts";

/**
 * The paths of the missing attributes that leave an expression unknown: a missing attribute inside a part that is
 * decided all the same is not among them. Empty where the expression is known, or unknown for another reason.
 */
export function missingPaths(expression: Expression, inputs: Inputs): readonly string[] {
  const paths = new Set<string>();
  blame(expression, inputs, paths);
  return [...paths];
}

function blame(node: Expression, inputs: Inputs, paths: Set<string>): void {
  if (plan(node, inputLeaves)(inputs) !== undefined) return;
  if (node.op === "each") {
    blame(node.list, inputs, paths);
    for (const part of [node.where, node.body]) if (part !== undefined) blameEvery(part, inputs, paths);
    return;
  }
  if (node.op === "attribute") paths.add(`${node.variable}.${node.name}`);
  for (const part of partsOf(node)) blame(part, inputs, paths);
}

/** Inside a quantifier a part has no single value: every attribute missing there is to blame. */
function blameEvery(node: Expression, inputs: Inputs, paths: Set<string>): void {
  if (node.op === "attribute") blame(node, inputs, paths);
  for (const part of partsOf(node)) blameEvery(part, inputs, paths);
}
