import { EngineError } from "../engine-error.ts";
import { greedy, serveInOrder } from "../greedy.ts";
import type { Strategy } from "../plan.ts";
import { fair } from "./fair.ts";
import { optimal } from "./optimal.ts";
import type { Answer, Problem } from "./problem.ts";
import { scarceFirst } from "./scarce-first.ts";
import { seededOrder } from "./seeded-order.ts";
import { stable } from "./stable.ts";
import { waitingOrder } from "./waiting-order.ts";

/** Every strategy by its name. */
const STRATEGIES: Record<Strategy, (problem: Problem) => Answer> = {
  STABLE: ({ graph, caps, plan }) => ({
    assignment: stable(graph, plan.proposing ?? "DEMAND", caps),
    method: "deferred acceptance",
  }),
  GREEDY: ({ graph, caps, weights }) => ({
    assignment: greedy(graph, weights, caps),
    method: "best pair first",
  }),
  PER_DEMAND_GREEDY: ({ graph, caps, weights, plan }) => ({
    assignment: serveInOrder(graph, waitingOrder(graph, plan.waiting), weights, caps),
    method: "longest wait first",
  }),
  SCARCE_FIRST: ({ graph, caps, weights }) => ({
    assignment: scarceFirst(graph, weights, caps),
    method: "fewest choices first",
  }),
  LOTTERY: ({ graph, caps, plan }) => ({
    assignment: serveInOrder(graph, seededOrder(graph, plan.seed ?? 0), graph.demandScores, caps),
    method: "random serial dictatorship",
  }),
  FAIR: fair,
  OPTIMAL: optimal,
  // One wave of it: weights are expected values already. What it learns from wave to wave is `expectedWave`.
  EXPECTED: optimal,
};

/** Runs the strategy that the plan names. */
export function decide(problem: Problem): Answer {
  const strategy: ((problem: Problem) => Answer) | undefined = STRATEGIES[problem.plan.strategy];
  if (strategy === undefined) {
    throw new EngineError("PLAN_INVALID", `there is no strategy ${problem.plan.strategy}`);
  }
  return strategy(problem);
}
