import { workMax } from "../limits.ts";
import { EvaluationError } from "./value.ts";

// Evaluation is synchronous and never nested, so one counter serves: begin() sets it back before each.
let left = 0;

/** Begins an evaluation with a fresh budget. */
export function begin(): void {
  left = workMax;
}

/** Takes from the budget: an item looked at is 1, so is each 64 characters. Throws when it is used up. */
export function spend(cost: number): void {
  left -= cost;
  if (left < 0) throw new EvaluationError("the expression takes too long");
}
