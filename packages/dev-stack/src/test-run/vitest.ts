import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COUNTS_FILE_KEY, type Counts } from "../closing-line.ts";
import { checkoutDir } from "../state-folder.ts";
import { stepLine } from "./step.ts";

const graceMs = 20_000;

/** Runs vitest to its end; an interruption ends it and its workers, which count as a failure then. */
export async function runVitest(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  interrupted: AbortSignal,
): Promise<Counts> {
  const started = performance.now();
  const countsFile = join(tmpdir(), `marketmesh-counts-${process.pid}.json`);
  const cli = join(checkoutDir, "node_modules", "vitest", "vitest.mjs");
  const child = spawn(process.execPath, [cli, "run", ...args], {
    cwd: checkoutDir,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env, [COUNTS_FILE_KEY]: countsFile },
    detached: true, // a group of its own, so that its workers hear of an interruption too
  });
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // The group has ended.
    }
  };
  const end = () => {
    send("SIGTERM");
    setTimeout(() => send("SIGKILL"), graceMs).unref();
  };
  interrupted.addEventListener("abort", end, { once: true });
  if (interrupted.aborted) end();
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  interrupted.removeEventListener("abort", end);
  const counts = readCounts(countsFile, status === 0);
  console.log(stepLine("vitest", counts.failed === 0, started));
  return counts;
}

/** What vitest could not report, such as a failing global set-up, is one failure. */
function readCounts(file: string, ok: boolean): Counts {
  const none = { passed: 0, failed: 0, skipped: 0 };
  const counts = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Counts) : none;
  rmSync(file, { force: true });
  return ok || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}
