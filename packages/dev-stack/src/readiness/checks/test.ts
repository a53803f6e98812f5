import type { TestCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { type Finding, missing, ok } from "../finding.ts";
import type { TestResult } from "../test-results.ts";

export function testFinding(check: TestCheck, evidence: Evidence): Finding {
  const { test, in: below, atLeast = 1, mayBeLeftOut = false } = check;
  const results = evidence.tests();
  if (results instanceof Error) return missing(results.message);
  const found = results.tests.filter(
    ({ file, name }) => isNamed(name, test) && (below === undefined || file.startsWith(below)),
  );
  const where = below === undefined ? "" : ` below ${below}`;
  const broken = found.find(({ state }) => state === "failed");
  if (broken) return missing(`"${broken.name}" failed (${broken.file}): run npm test`);
  const [skipped] = found;
  if (mayBeLeftOut && skipped && found.every(isLeftOut)) return ok(`not run here: ${skipped.name}`);
  const passed = found.filter(({ state }) => state === "passed");
  const [first] = passed;
  if (first === undefined || passed.length < atLeast)
    return missing(`${passed.length} tests named ${test}${where} passed, not ${atLeast}: run npm test`);
  const others = passed.length > 1 ? ` and ${passed.length - 1} more` : "";
  return ok(`passed: "${first.name}"${others} (${first.file})`);
}

function isLeftOut({ state, name }: TestResult): boolean {
  return state === "skipped" && /\(left out: [^)]/.test(name);
}

function isNamed(name: string, wanted: string): boolean {
  const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1];
  // Groups stand before a test's own name: `holds > a hold ends once`.
  if (pattern === undefined) return name === wanted || name.endsWith(` > ${wanted}`);
  return new RegExp(pattern).test(name);
}
