import type { CoverageCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { type Finding, missing, ok } from "../finding.ts";

export function coverageFinding({ coverage }: CoverageCheck, service: string, evidence: Evidence): Finding {
  const percent = evidence.coverage(service);
  if (percent instanceof Error) return missing(percent.message);
  const seen = `tests ran ${percent.toFixed(1)} % of the lines of services/${service}/src`;
  return percent > coverage ? ok(seen) : missing(`${seen}, not more than ${coverage} %`);
}
