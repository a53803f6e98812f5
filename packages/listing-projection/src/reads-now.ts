import { type Expression, partsOf } from "@marketmesh/rules";

/** Whether the value of an expression depends on `now`. */
export function readsNow(node: Expression): boolean {
  return (node.op === "variable" && node.name === "now") || partsOf(node).some(readsNow);
}
