import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { generate } from "./generate.ts";
import { generateMetricsTable } from "./metrics-table.ts";
import { namedProblem, StackProblem } from "./problem.ts";
import { checkoutDir } from "./state-folder.ts";
import { start } from "./supervisor/start.ts";
import { runTests } from "./test-run.ts";

/** What `npm start|test|run test:faults|run bench|run fuzz|run generate` do once everything is installed. Answers with the exit status. */
async function main(command: string | undefined, args: string[]): Promise<number> {
  // What these two hear their end from is nobody's descriptor in the processes of other commands.
  if (command !== "start" && command !== "test") delete process.env.MARKETMESH_PARENT_FD;
  switch (command) {
    case "start":
      // Everything has been stopped; what a main job may have left open must not hold the process.
      return process.exit(await start(args));
    case "test":
      return await runTests(args);
    case "readiness":
      return await (await import("./readiness/index.ts")).readiness(args);
    case "new-service":
      return (await import("./new-service/command.ts")).newServiceCommand(args);
    case "generate":
      if (!(await generate(join(checkoutDir, "packages", "contracts", "src")))) return 1;
      await generateMetricsTable();
      (await import("./observability/generated-files.ts")).writeObservabilityFiles();
      return runScript("test/chart/generate.ts", []);
    case "bench":
      return runScript("test/bench/main.ts", args);
    case "test:faults":
      return runScript("test/faults/main.ts", args);
    case "fuzz":
      return runScript("test/fuzz/main.ts", args);
    case "bundle":
      // Loaded on demand: no other command pays for the bundler.
      return (await import("./image/command.ts")).bundleCommand(args);
    case "image":
      return (await import("./image/image.ts")).imageCommand(args);
    default:
      throw new StackProblem(
        "UNKNOWN_COMMAND",
        `no command ${command}`,
        "Use start, test, test:faults, bench, fuzz, generate, bundle, image, readiness or new-service.",
      );
  }
}

function runScript(path: string, args: readonly string[]): number {
  return spawnSync(process.execPath, [path, ...args], { cwd: checkoutDir, stdio: "inherit" }).status ?? 1;
}

const [command, ...args] = process.argv.slice(2);
try {
  process.exitCode = await main(command, args);
} catch (error) {
  const named = namedProblem(error);
  if (!(named instanceof StackProblem)) throw error;
  process.stderr.write(`\n${named}\n`);
  process.exitCode = 1;
}
