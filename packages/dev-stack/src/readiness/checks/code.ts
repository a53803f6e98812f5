import type { CodeCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { type Finding, missing, ok } from "../finding.ts";

export async function codeFinding(
  { code }: CodeCheck,
  service: string,
  evidence: Evidence,
): Promise<Finding> {
  const fact = await evidence.fact(code, service);
  if (fact === undefined) return missing(`no fact is called ${code}, or it cannot be established`);
  const [problem] = fact.problems;
  return problem === undefined ? ok(fact.seen) : missing(problem);
}
