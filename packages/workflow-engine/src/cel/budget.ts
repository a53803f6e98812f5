import { workMax, workPerStepMax } from "../limits.ts";
import { EvaluationError } from "./value.ts";

// Evaluation is synchronous and never nested, so one pair of counters serves.
let left = 0;
let leftOfStep = 0;

/** Begins a step, or what else evaluates a few expressions of a definition: together they have a budget, too. */
export function beginStep(): void {
  leftOfStep = workPerStepMax;
}

/** Begins an evaluation with a fresh budget of its own. */
export function begin(): void {
  left = workMax;
}

/**
 * Takes from the budgets: an item looked at is 1, or what is done to each; so is each 64 characters. Throws when one is used
 * up.
 */
export function spend(cost: number): void {
  left -= cost;
  leftOfStep -= cost;
  if (left < 0 || leftOfStep < 0) throw new EvaluationError("the expression takes too long");
}
