import { type Expression, partsOf } from "@marketmesh/rules";

/**
 * Whether the value of an expression over `listing` may be a personal value, or be made of one. What is found out about one by
 * `has`, `size`, a comparison, `in` or as the condition of a choice is a coarse fact and is not counted.
 */
export function reveals(
  node: Expression,
  personal: ReadonlySet<string>,
  locals: ReadonlySet<number> = new Set(),
): boolean {
  const within = (part: Expression) => reveals(part, personal, locals);
  switch (node.op) {
    case "attribute":
      return personal.has(node.name);
    case "local":
      return locals.has(node.local);
    case "compare":
    case "equal":
    case "in":
      return false;
    case "choose":
      return within(node.yes) || within(node.no);
    case "call":
      return node.operation.name !== "size" && node.args.some(within);
    case "each": {
      const runs = within(node.list);
      if (node.kind === "filter") return runs;
      // The items of a personal list are personal; `where` is a condition.
      return reveals(node.body, personal, runs ? new Set([...locals, node.local]) : locals);
    }
    default:
      return partsOf(node).some(within);
  }
}
