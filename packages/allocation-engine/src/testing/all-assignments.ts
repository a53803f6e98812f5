import type { Assignment } from "../assignment.ts";
import type { Graph } from "../graph.ts";
import { verifyAssignment } from "../verify.ts";

/** Every assignment of single units that keeps the capacities. For graphs of up to about ten edges. */
export function allAssignments(graph: Graph): Assignment[] {
  const edgeCount = graph.supplies.length;
  const found: Assignment[] = [];
  for (let subset = 0; subset < 2 ** edgeCount; subset++) {
    const edges = Uint32Array.from([...graph.supplies.keys()].filter((edge) => (subset >> edge) & 1));
    const assignment = { edges, units: new Int32Array(edges.length).fill(1), proposals: 0 };
    if (verifyAssignment(graph, assignment).length === 0) found.push(assignment);
  }
  return found;
}
