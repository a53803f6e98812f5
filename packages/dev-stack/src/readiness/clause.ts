import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { StackProblem } from "../problem.ts";
import { type Check, checkProblem } from "./check.ts";

/** A sentence that is true of a service, or is not. */
export interface Clause {
  /** Stable, for example `database.high-availability`; what is before the dot is its area. */
  readonly id: string;
  readonly says: string;
  /** All of them must hold. Empty for what only an operator can do. */
  readonly checks: readonly Check[];
  /** What the operator must do; only for on-call, contact and practised recovery. */
  readonly operator?: string;
}

/** What only whoever runs a mesh can make true. */
export const OPERATOR_CLAUSES: readonly string[] = [
  "observability.on-call-rota",
  "accessibility.contact",
  "data.recovery-practised",
];

const idPattern = /^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$/;

/** Reads docs/readiness.yaml. Throws READINESS_INVALID with everything that is wrong with it. */
export function readClauses(checkout: string): readonly Clause[] {
  const path = join(checkout, "docs", "readiness.yaml");
  const clauses = parseClauses(existsSync(path) ? readFileSync(path, "utf8") : "");
  const problems = [...clauses.flatMap(clauseProblems), ...repeated(clauses.map(({ id }) => id))];
  if (clauses.length === 0) problems.push("docs/readiness.yaml has no clauses");
  if (problems.length === 0) return clauses;
  throw new StackProblem("READINESS_INVALID", problems.join("\n"), "Correct docs/readiness.yaml.");
}

/** The clauses of a document, unchecked: `area: { name: { says, checks } }`. */
export function parseClauses(document: string): Clause[] {
  const areas = (parse(document) ?? {}) as Record<string, Record<string, Partial<Clause>>>;
  return Object.entries(areas).flatMap(([area, clauses]) =>
    Object.entries(clauses).map(([name, clause]) => ({
      says: "",
      checks: [],
      ...clause,
      id: `${area}.${name}`,
    })),
  );
}

function clauseProblems({ id, says, checks, operator }: Clause): string[] {
  const problems = checks.map(checkProblem).filter((problem) => problem !== undefined);
  if (!idPattern.test(id)) problems.push("is no id");
  if (!says) problems.push("says nothing");
  if (operator !== undefined && !OPERATOR_CLAUSES.includes(id)) problems.push("is not for an operator to do");
  if (operator === undefined && checks.length === 0) problems.push("names no check");
  return problems.map((problem) => `${id}: ${problem}`);
}

function repeated(ids: readonly string[]): string[] {
  return ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id} is there twice`);
}
