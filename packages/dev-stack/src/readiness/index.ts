import { StackProblem } from "../problem.ts";
import { checkoutDir, stateDirOf } from "../state-folder.ts";
import { SERVICES, type ServiceEntry } from "../supervisor/service-table.ts";
import type { Check } from "./check.ts";
import { checkoutEvidence, coverageOf } from "./checkout-evidence.ts";
import { type Clause, readClauses } from "./clause.ts";
import type { Evidence } from "./evidence.ts";
import { judge, type Verdict } from "./judge.ts";
import { readinessReport } from "./report.ts";
import { calledServices, heardServices } from "./service-sources.ts";
import type { TestResults } from "./test-results.ts";

/**
 * `npm run readiness [-- SERVICE...] [--json] [--own]`: prints every clause of docs/readiness.yaml with its evidence; with `--own`
 * without asking for tests of the whole mesh. Answers with the exit status: 1 when something is missing.
 */
export async function readiness(
  args: readonly string[],
  { results, say = print }: Asked = {},
): Promise<number> {
  const asJson = args.includes("--json");
  const services = servicesNamed(args.filter((arg) => arg !== "--json" && arg !== "--own"));
  const verdicts = await judgeServices(services, {
    own: args.includes("--own"),
    ...(results && { results }),
  });
  say(`${asJson ? JSON.stringify(verdicts, null, 2) : readinessReport(verdicts)}\n`);
  return verdicts.some(({ status }) => status === "missing") ? 1 : 0;
}

/** Who asks, apart from a command line. */
export interface Asked {
  /** Of a run that is under way. */
  readonly results?: Promise<TestResults>;
  say?(text: string): void;
}

const print = (text: string) => void process.stdout.write(text);

/** How services are judged. */
export interface JudgeOptions {
  /** Ask for no test but those of the service itself: the others are judged with the whole mesh. */
  readonly own?: boolean;
  /** Of a run that is under way: everything else is looked at meanwhile. */
  readonly results?: Promise<TestResults>;
}

/** Judges services of this checkout by everything that docs/readiness.yaml names. */
export async function judgeServices(
  services: readonly ServiceEntry[],
  { own = false, results }: JudgeOptions = {},
): Promise<Verdict[]> {
  const all = readClauses(checkoutDir);
  const clauses = own ? all.map(withoutMeshTests) : all;
  const needed = neededBy(services);
  await using evidence = checkoutEvidence({
    checkout: checkoutDir,
    services: SERVICES.filter(({ name }) => needed.has(name)),
    stateDir: resultsDir(),
  });
  const judgeAll = async (by: Evidence) =>
    (await Promise.all(services.map(({ name }) => judge(clauses, name, by)))).flat();
  if (results === undefined) return await judgeAll(evidence);
  await judgeAll(withoutTests(evidence));
  await evidence.stopServices();
  return await judgeAll(withTests(evidence, await results));
}

/** To look at all the rest, which is remembered. */
function withoutTests(evidence: Evidence): Evidence {
  const notYet = () => new Error("tests are under way");
  return { ...evidence, tests: notYet, coverage: notYet };
}

function withTests(evidence: Evidence, results: TestResults): Evidence {
  return { ...evidence, tests: () => results, coverage: (service) => coverageOf(service, results) };
}

function withoutMeshTests(clause: Clause): Clause {
  const isOwn = (check: Check) => !("test" in check) || (check.in ?? "").includes("{service}");
  return { ...clause, checks: clause.checks.filter(isOwn) };
}

/** Where `npm test` leaves what it found out. */
export function resultsDir(): string {
  return stateDirOf(checkoutDir, process.env);
}

/** What has to run so that these can serve: themselves, identity, and whom they call or hear. */
function neededBy(services: readonly ServiceEntry[]): Set<string> {
  const needed = new Set<string>();
  const add = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const other of [...calledServices(checkoutDir, name), ...heardServices(checkoutDir, name)])
      add(other);
  };
  for (const name of ["identity", ...services.map((service) => service.name)]) add(name);
  return needed;
}

function servicesNamed(names: readonly string[]): readonly ServiceEntry[] {
  const unknown = names.find((name) => !SERVICES.some((service) => service.name === name));
  if (unknown !== undefined) {
    const advice = `Name some of ${SERVICES.map(({ name }) => name).join(", ")}, or none.`;
    throw new StackProblem("SERVICE_UNKNOWN", `there is no service ${unknown}`, advice);
  }
  return names.length === 0 ? SERVICES : SERVICES.filter(({ name }) => names.includes(name));
}

export { checkoutDir, stateDirOf } from "../state-folder.ts";
export { checkProblem } from "./check.ts";
export { checkoutEvidence } from "./checkout-evidence.ts";
export { type Clause, OPERATOR_CLAUSES, readClauses } from "./clause.ts";
export type { Evidence } from "./evidence.ts";
export { findingOf, forService, judge, type Verdict } from "./judge.ts";
export { beginRun } from "./keep-results.ts";
export { RESULTS_FILE_KEY } from "./test-results.ts";
