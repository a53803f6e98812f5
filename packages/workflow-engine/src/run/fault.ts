import { detailLengthMax } from "../limits.ts";
import type { RunError } from "../model.ts";

const kinds = {
  expression: [400, "Expression failed"],
  validation: [400, "Invalid data"],
  timeout: [408, "Timeout"],
  runtime: [500, "Runtime error"],
} as const;

/** A standard error of Serverless Workflow 1.0. */
export function standardError(kind: keyof typeof kinds, detail: string, instance: string): RunError {
  const [status, title] = kinds[kind];
  const type = `https://serverlessworkflow.io/spec/1.0.0/errors/${kind}`;
  return { type, status, title, detail: detail.slice(0, detailLengthMax).toWellFormed(), instance };
}

/** An error that a task raised while it was interpreted. */
export class Raised extends Error {
  override readonly name = "Raised";
  readonly error: RunError;
  constructor(error: RunError) {
    super(error.detail);
    this.error = error;
  }
}
