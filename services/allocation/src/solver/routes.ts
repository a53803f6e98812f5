import type { ServiceImpl } from "@connectrpc/connect";
import type { SolverService } from "@marketmesh/contracts/allocation/v1";
import { explainSolution } from "./explain-solution.ts";
import { solve } from "./solve.ts";
import type { SolverShell } from "./solver-shell.ts";

export function solverRoutes(shell: SolverShell): ServiceImpl<typeof SolverService> {
  return { solve: solve(shell), explainSolution: explainSolution(shell) };
}
