import type { MethodImpl } from "@connectrpc/connect";
import type { SolverService } from "@marketmesh/contracts/allocation/v1";
import { idsOf } from "@marketmesh/rpc";
import { Thread } from "../decisions/heavy/thread.ts";
import { patterns } from "../rpc/names.ts";
import { refuse } from "../rpc/problem.ts";
import { graphInvalid } from "./columns.ts";
import { explainSent, isSmall } from "./solve-job.ts";
import type { SolverShell } from "./solver-shell.ts";

export function explainSolution(shell: SolverShell): MethodImpl<typeof SolverService.method.explainSolution> {
  return async ({ parent, handle, demand, supply }, context) => {
    const { market } = idsOf(patterns.market, parent, "parent");
    const kept = shell.solutions.find(market, handle);
    if (!kept) throw refuse("SOLUTION_NOT_KEPT", `solution ${handle} is not kept here`, { handle });
    const { graph, plan, solution } = kept;
    if (demand >= graph.demands.capacities.length) throw beyond("demand", demand);
    if (supply >= graph.supplies.capacities.length) throw beyond("supply", supply);
    const job = { kind: "EXPLAIN_SOLUTION", graph, plan, solution, demand, supply } as const;
    if (isSmall(graph)) return messageOf(explainSent(job));
    using _ = shell.gate.takeThread();
    using thread = new Thread(context.signal);
    return messageOf(await thread.answer(job));
  };
}

function beyond(field: string, position: number) {
  return graphInvalid(field, "EDGE_OUT_OF_RANGE", `${field} ${position} is beyond the graph`);
}

function messageOf({ winningScore, rivals, instead, ...rest }: ReturnType<typeof explainSent>) {
  return {
    ...rest,
    rivals: [...rivals],
    instead: [...instead],
    ...(winningScore !== undefined && { winningScore }),
  };
}
