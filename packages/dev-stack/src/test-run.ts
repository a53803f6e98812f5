import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkBoundaries } from "./check-boundaries.ts";
import { COUNTS_FILE_KEY, type Counts, closingLine } from "./closing-line.ts";
import { COVERAGE_MIN, coverageByOwner, coverageTable, tooLittle } from "./coverage.ts";
import { generatedDiff } from "./generate.ts";
import { StackProblem } from "./problem.ts";
import { readiness, resultsDir } from "./readiness/index.ts";
import { beginRun, coverageSummary, type RunUnderWay } from "./readiness/keep-results.ts";
import { RESULTS_FILE_KEY } from "./readiness/test-results.ts";
import { chromiumBinary } from "./servers/index.ts";
import { checkoutDir } from "./state-folder.ts";

/** A check before or after the tests; it prints what it found and answers whether all is well. */
interface Step {
  readonly name: string;
  run(): boolean | Promise<boolean>;
}

const bin = (name: string) => join(checkoutDir, "node_modules", ".bin", name);
const baseline = join(checkoutDir, "proto", "baseline.binpb");

const STEPS: readonly Step[] = [
  { name: "generated code", run: generatedCodeIsCurrent },
  { name: "buf lint", run: () => tool("buf", ["lint"], "proto") },
  { name: "buf breaking", run: contractsAreCompatible },
  { name: "format and lint", run: () => tool("biome", ["check", "--error-on-warnings"]) },
  { name: "typecheck", run: () => tool("tsc", ["-p", "tsconfig.json"]) },
  { name: "boundaries", run: boundariesHold },
  // Tests in a browser need it; installed here, the step that fails has its name.
  { name: "chromium", run: () => chromiumBinary() !== "" },
];

/**
 * Runs every check, the tests, and what is judged by them; with arguments (paths, vitest's options) only vitest. The last line printed
 * is the closing line. A failing check counts as one failed test, and what comes after it runs all the same.
 */
export async function runTests(args: readonly string[]): Promise<number> {
  if (args.length > 0) return conclude(vitest(args), []);
  const failedBefore = await failing(STEPS);
  const run = beginRun(checkoutDir, resultsDir());
  const counts = vitest(["--coverage"], { [RESULTS_FILE_KEY]: run.testsFile });
  return conclude(counts, [...failedBefore, ...(await failing(stepsAfter(run)))]);
}

function conclude(counts: Counts, failedSteps: readonly Step[]): number {
  const failed = counts.failed + failedSteps.length;
  for (const step of failedSteps) console.log(`failed: ${step.name}`);
  console.log(closingLine({ ...counts, failed }));
  return failed === 0 ? 0 : 1;
}

/** What is judged by the tests that ran. */
function stepsAfter(run: RunUnderWay): readonly Step[] {
  return [
    { name: "coverage", run: enoughIsCovered },
    { name: "readiness", run: async () => (await readiness([], run.keep())) === 0 },
  ];
}

async function failing(steps: readonly Step[]): Promise<Step[]> {
  const failed: Step[] = [];
  for (const step of steps) if (!(await timed(step))) failed.push(step);
  return failed;
}

async function timed(step: Step): Promise<boolean> {
  const started = performance.now();
  const ok = await succeeds(step);
  console.log(`${ok ? "ok  " : "FAIL"} ${step.name.padEnd(16)} ${seconds(started)}`);
  return ok;
}

/** A check that cannot even be made, such as on a file that does not parse, has failed. */
async function succeeds(step: Step): Promise<boolean> {
  try {
    return await step.run();
  } catch (error) {
    if (error instanceof StackProblem) console.log(String(error));
    else console.log(error instanceof Error ? error.message : error);
    return false;
  }
}

function vitest(args: readonly string[], env: NodeJS.ProcessEnv = {}): Counts {
  const started = performance.now();
  const countsFile = join(tmpdir(), `marketmesh-counts-${process.pid}.json`);
  const cli = join(checkoutDir, "node_modules", "vitest", "vitest.mjs");
  const result = spawnSync(process.execPath, [cli, "run", ...args], {
    cwd: checkoutDir,
    stdio: "inherit",
    env: { ...process.env, ...env, [COUNTS_FILE_KEY]: countsFile },
  });
  const counts = readCounts(countsFile, result.status === 0);
  console.log(`${counts.failed === 0 ? "ok  " : "FAIL"} ${"vitest".padEnd(16)} ${seconds(started)}`);
  return counts;
}

/** What vitest could not report, such as a failing global set-up, is one failure. */
function readCounts(file: string, ok: boolean): Counts {
  const none = { passed: 0, failed: 0, skipped: 0 };
  const counts = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Counts) : none;
  rmSync(file, { force: true });
  return ok || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

function generatedCodeIsCurrent(): boolean {
  const diff = generatedDiff(join(checkoutDir, "packages", "contracts", "src"));
  if (diff === undefined) return false;
  for (const path of diff)
    console.log(`packages/contracts/src/${path} is not what proto/ generates: npm run generate`);
  return diff.length === 0;
}

// As in buf.yaml, which does not apply to images.
const breakingRules = JSON.stringify({ version: "v2", breaking: { use: ["WIRE_JSON"] } });

/** Compares images: an image of the workspace is one, its two modules would be two. */
function contractsAreCompatible(): boolean {
  const image = join(tmpdir(), `marketmesh-contracts-${process.pid}.binpb`);
  try {
    return (
      tool("buf", ["build", "--exclude-source-info", "-o", image], "proto") &&
      tool("buf", ["breaking", image, "--against", baseline, "--config", breakingRules], "proto")
    );
  } finally {
    rmSync(image, { force: true });
  }
}

function boundariesHold(): boolean {
  const problems = checkBoundaries(checkoutDir);
  for (const problem of problems) console.log(problem);
  return problems.length === 0;
}

function enoughIsCovered(): boolean {
  const covered = coverageByOwner(coverageSummary(resultsDir()), checkoutDir);
  if (covered.length === 0) console.log("no coverage was measured");
  else console.log(coverageTable(covered));
  const low = tooLittle(covered);
  for (const { owner } of low) console.log(`${owner}: tests run no more than ${COVERAGE_MIN} % of its lines`);
  return covered.length > 0 && low.length === 0;
}

function tool(name: string, args: readonly string[], folder = "."): boolean {
  return spawnSync(bin(name), args, { cwd: join(checkoutDir, folder), stdio: "inherit" }).status === 0;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}
