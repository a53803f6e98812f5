import { join } from "node:path";
import { type Counts, closingLine } from "./closing-line.ts";
import { COVERAGE_MIN, coverageByOwner, coverageTable, tooLittle } from "./coverage.ts";
import { readiness, resultsDir } from "./readiness/index.ts";
import { beginRun, coverageSummary } from "./readiness/keep-results.ts";
import { RESULTS_FILE_KEY, type TestResults } from "./readiness/test-results.ts";
import { chromiumBinary, natsBinary } from "./servers/index.ts";
import { checkoutDir } from "./state-folder.ts";
import { listenForInterruption } from "./test-run/interruption.ts";
import { openRunFolder, type RunFolder } from "./test-run/run-folder.ts";
import { sourceChecks } from "./test-run/source-checks.ts";
import { failing, type Say, type Step } from "./test-run/step.ts";
import { runVitest } from "./test-run/vitest.ts";

/** How a run ended. */
interface Outcome {
  readonly counts: Counts;
  readonly failedSteps: readonly Step[];
}

// What tests and services need of the system's packages; fetched first, and once, the step that fails has its name.
const chromium: Step = { name: "chromium", run: () => chromiumBinary() !== "" };
const natsServer: Step = { name: "nats-server", run: () => natsBinary(join(resultsDir(), "bin")) !== "" };
const interruptedStep: Step = { name: "interrupted", run: () => false };

/**
 * Runs every check, the tests, and what is judged by them; with arguments (paths, vitest's options) only vitest. The last line printed
 * is the closing line. A failing check counts as one failed test, and what else there is runs all the same.
 *
 * Whatever runs keeps its temporary files in a folder of the run, which goes with it: also after SIGTERM, or when npm is killed.
 */
export async function runTests(args: readonly string[]): Promise<number> {
  using interruption = listenForInterruption();
  const { signal } = interruption;
  const folder = openRunFolder();
  const { counts, failedSteps } =
    args.length > 0
      ? { counts: await runVitest(args, {}, signal), failedSteps: [] }
      : await runEverything(signal);
  const left = await failing([nothingIsLeft(folder, signal)]);
  return conclude(counts, [...failedSteps, ...left, ...(signal.aborted ? [interruptedStep] : [])]);
}

/** The checks of sources and the look at running services go on beside the tests. */
async function runEverything(signal: AbortSignal): Promise<Outcome> {
  const failedBefore = await failing([chromium, natsServer]);
  const run = beginRun(checkoutDir, resultsDir());
  const tested = Promise.withResolvers<TestResults>();
  tested.promise.catch(() => {}); // the step that waits for it says so
  const beside = failing(sourceChecks(signal));
  const judged = failing([{ name: "readiness", run: (say) => isReady(tested.promise, say) }]);
  const counts = await runVitest(["--coverage"], { [RESULTS_FILE_KEY]: run.testsFile }, signal);
  try {
    tested.resolve(run.keep());
  } catch (cause) {
    tested.reject(cause);
  }
  const failedAfter = await failing([{ name: "coverage", run: enoughIsCovered }]);
  const failedBeside = [...(await beside), ...(await judged)];
  return { counts, failedSteps: [...failedBefore, ...failedBeside, ...failedAfter] };
}

function conclude(counts: Counts, failedSteps: readonly Step[]): number {
  const failed = counts.failed + failedSteps.length;
  for (const step of failedSteps) console.log(`failed: ${step.name}`);
  console.log(closingLine({ ...counts, failed }));
  return failed === 0 ? 0 : 1;
}

async function isReady(results: Promise<TestResults>, say: Say): Promise<boolean> {
  return (await readiness([], { results, say })) === 0;
}

function enoughIsCovered(say: Say): boolean {
  const covered = coverageByOwner(coverageSummary(resultsDir()), checkoutDir);
  say(covered.length === 0 ? "no coverage was measured\n" : `${coverageTable(covered)}\n`);
  const low = tooLittle(covered);
  for (const { owner } of low) say(`${owner}: tests run no more than ${COVERAGE_MIN} % of its lines\n`);
  return covered.length > 0 && low.length === 0;
}

/** A test that leaves a process behind has failed to clean up; after an interruption that is no news. */
function nothingIsLeft(folder: RunFolder, interrupted: AbortSignal): Step {
  return {
    name: "nothing is left",
    run: async (say) => {
      const left = await folder.close();
      for (const line of left) say(`still ran: ${line}\n`);
      return left.length === 0 || interrupted.aborted;
    },
  };
}
