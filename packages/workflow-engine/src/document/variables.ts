const always = ["workflow", "runtime", "now", "market", "subject"];

/** What an expression may name, by the place where it stands. */
export const variables = {
  workflowInput: new Set(["input", ...always]),
  workflowOutput: new Set(["output", "context", ...always]),
  /** Known when the run begins, so that all it may ever hear is, too. */
  subject: new Set(["workflow", "market", "subject"]),
  trigger: new Set(["event", "data", "market"]),
  task: new Set(["input", "context", "task", ...always]),
} as const;

export function withNames(base: ReadonlySet<string>, ...names: readonly string[]): ReadonlySet<string> {
  return new Set([...base, ...names]);
}
