import type { Network } from "../network/network.ts";
import { type DimacsNetwork, networkOf } from "./dimacs.ts";

/** The type of a node that stands for a task: it gives one unit, as every task of the base graphs does. */
const TASK = 6;

/**
 * Reads a file of changes in the format of Flowlessly: `d` adds a node, which arcs of the file call 0, `a` adds an arc, `x`
 * changes or adds one, `r` removes a node. Answers the network before and after, with the same nodes and arcs in the same order:
 * what is not there yet, or no more, has no capacity. The last node, the sink, takes what is given.
 */
export function changedBy(base: DimacsNetwork, changes: string): { before: Network; after: Network } {
  const before = copyOf(base);
  const after = copyOf(base);
  const sink = base.supplies.length - 1;
  let added = 0;
  for (const line of changes.split("\n")) {
    const [kind, ...fields] = line.trim().split(/\s+/);
    const numbers = fields.map(Number);
    if (kind === "d") {
      before.supplies.push(0);
      added = after.supplies.push(numbers[2] === TASK ? 1 : 0) - 1;
    } else if (kind === "a" || kind === "x") {
      changeArc(before, after, numbers, added);
    } else if (kind === "r") {
      after.supplies[numbers[0]!] = 0;
      for (const arc of after.arcs) if (arc.tail === numbers[0] || arc.head === numbers[0]) arc.upper = 0;
    }
  }
  const given = after.supplies.reduce((sum, units, node) => (node === sink ? sum : sum + units), 0);
  after.supplies[sink] = -given;
  return { before: networkOf(before), after: networkOf(after) };
}

function changeArc(
  before: DimacsNetwork,
  after: DimacsNetwork,
  [from, to, lower, upper, cost]: readonly number[],
  added: number,
): void {
  const arc = { tail: from || added, head: to || added, lower: lower!, upper: upper!, cost: cost! };
  const at = after.arcs.findIndex(({ tail, head }) => tail === arc.tail && head === arc.head);
  if (at >= 0) {
    after.arcs[at] = arc;
    return;
  }
  after.arcs.push(arc);
  before.arcs.push({ ...arc, upper: 0 });
}

function copyOf({ supplies, arcs }: DimacsNetwork): DimacsNetwork {
  return { supplies: [...supplies], arcs: arcs.map((arc) => ({ ...arc })) };
}
