import { isResourceId } from "@marketmesh/contracts";
import { type Caller, holds } from "@marketmesh/rpc";
import { parseWorkflow, type Workflow, type WorkflowProblem } from "@marketmesh/workflow-engine";
import { contractMethod } from "../calls/contract-methods.ts";
import type { WorkflowContent } from "../storage/workflow-store.ts";
import { refuse } from "./problem.ts";

export type CheckedSource =
  | { readonly ok: true; readonly id: string; readonly content: WorkflowContent }
  | { readonly ok: false; readonly problems: readonly WorkflowProblem[] };

/** Reads a source; `id` is the workflow that it has to be of. */
export function checkSource(source: string, id?: string): CheckedSource {
  const parsed = parseWorkflow(source, contractMethod);
  if (!parsed.ok) return parsed;
  const { workflow } = parsed;
  const problem = nameProblem(workflow, id) ?? (source.includes("\0") ? nulProblem : undefined);
  if (problem) return { ok: false, problems: [problem] };
  return { ok: true, id: workflow.name, content: contentOf(source, workflow) };
}

function contentOf(source: string, workflow: Workflow): WorkflowContent {
  return {
    source,
    triggerTypes: [...new Set(workflow.triggers.map(({ type }) => type))].sort(),
    calledMethods: workflow.calledMethods,
    stages: workflow.stages,
    listenedTypes: workflow.listenedTypes,
  };
}

function nameProblem({ name }: Workflow, id: string | undefined): WorkflowProblem | undefined {
  const at = { path: "/document/name", line: 0, column: 0 };
  if (!isResourceId(name)) return { reason: "NAME_INVALID", message: "can't be a workflow's id", ...at };
  if (id === undefined || name === id) return undefined;
  return { reason: "NAME_CHANGED", message: `must be ${id}: the name never changes`, ...at };
}

const nulProblem: WorkflowProblem = {
  reason: "SOURCE_INVALID",
  message: "the source has a NUL character",
  path: "",
  line: 0,
  column: 0,
};

/** A source that can be kept, or WORKFLOW_INVALID with every place of it. */
export function validSource(source: string, id?: string): Extract<CheckedSource, { readonly ok: true }> {
  const checked = checkSource(source, id);
  if (checked.ok) return checked;
  const { problems } = checked;
  const first = problems[0]!;
  const metadata = { field: "workflow.source", path: first.path, line: String(first.line) };
  const violations = problems.map(({ path, line, column, reason, message }) => ({
    field: `workflow.source${path}`,
    description: `${reason}: ${message}${line > 0 ? ` (line ${line}, column ${column})` : ""}`,
  }));
  const where = first.line > 0 ? `line ${first.line}, column ${first.column}, ` : "";
  throw refuse("WORKFLOW_INVALID", `${where}${first.path || "the document"}: ${first.message}`, metadata, {
    violations,
  });
}

/** Whoever writes a workflow lends it nothing that they do not have: CALL_NOT_PERMITTED. */
export function refuseUnpermitted(caller: Caller, calledMethods: readonly string[]): void {
  for (const method of calledMethods) {
    const permission = contractMethod(method)?.permission ?? "";
    if (holds(caller.permissions, permission)) continue;
    const message = `${method} needs ${permission}, which the author does not have`;
    throw refuse("CALL_NOT_PERMITTED", message, { method, permission });
  }
}
