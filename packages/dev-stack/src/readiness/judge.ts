import { type Check, kindOf } from "./check.ts";
import { alertFinding } from "./checks/alert.ts";
import { codeFinding } from "./checks/code.ts";
import { coverageFinding } from "./checks/coverage.ts";
import { dashboardFinding } from "./checks/dashboard.ts";
import { fileFinding } from "./checks/file.ts";
import { manifestFinding } from "./checks/manifest.ts";
import { logFinding, metricFinding, probeFinding } from "./checks/process.ts";
import { terraformFinding } from "./checks/terraform.ts";
import { testFinding } from "./checks/test.ts";
import type { Clause } from "./clause.ts";
import type { Evidence } from "./evidence.ts";
import { type Finding, missing } from "./finding.ts";

/** What a clause comes to for one service. */
export interface Verdict {
  readonly service: string;
  readonly id: string;
  readonly says: string;
  readonly status: "ok" | "missing" | "OPERATOR";
  /** What was seen; of what is missing, only what lacks. */
  readonly evidence: readonly string[];
}

/** Looks at every clause's evidence for a service. What must be done by an operator may have checks besides, which must hold. */
export async function judge(
  clauses: readonly Clause[],
  service: string,
  evidence: Evidence,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { id, says, checks, operator } of clauses) {
    const findings = await Promise.all(
      checks.map((check) => findingOf(forService(check, service), service, evidence)),
    );
    const lacking = findings.filter(({ ok }) => !ok);
    const told = [...new Set((lacking.length > 0 ? lacking : findings).map((finding) => finding.evidence))];
    const whenHeld = operator === undefined ? "ok" : "OPERATOR";
    verdicts.push({
      service,
      id,
      says,
      status: lacking.length > 0 ? "missing" : whenHeld,
      evidence: lacking.length > 0 || operator === undefined ? told : [operator, ...told],
    });
  }
  return verdicts;
}

/** Looks at one piece of evidence; the check names its service already. */
export async function findingOf(check: Check, service: string, evidence: Evidence): Promise<Finding> {
  if ("file" in check) return fileFinding(check, evidence);
  if ("test" in check) return testFinding(check, evidence);
  if ("metric" in check) return metricFinding(check, service, evidence);
  if ("probe" in check) return probeFinding(check, service, evidence);
  if ("log" in check) return logFinding(check, service, evidence);
  if ("manifest" in check) return manifestFinding(check, service, evidence);
  if ("alert" in check) return alertFinding(check, evidence);
  if ("dashboard" in check) return dashboardFinding(check, evidence);
  if ("terraform" in check) return terraformFinding(check, evidence);
  if ("code" in check) return codeFinding(check, service, evidence);
  if ("coverage" in check) return coverageFinding(check, service, evidence);
  return missing(`no check is called ${kindOf(check)}`);
}

/** The check with the service's name in every text. */
export function forService<T>(value: T, service: string): T {
  const title = service.charAt(0).toUpperCase() + service.slice(1);
  const put = (text: string) => text.replaceAll("{service}", service).replaceAll("{Service}", title);
  return JSON.parse(JSON.stringify(value), (_key, each) =>
    typeof each === "string" ? put(each) : each,
  ) as T;
}
