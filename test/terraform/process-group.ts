import { spawn } from "node:child_process";

export interface Finished {
  /** Undefined when it was ended by a signal. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program as the first of a process group of its own, and ends the whole group when `signal` says so: what the program
 * started must not outlive it. Rejects when the program can't be started.
 */
export function runGroup(
  program: string,
  args: readonly string[],
  {
    signal,
    ...options
  }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    const end = () => endGroup(child.pid);
    signal.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", end);
      resolve({ code: code ?? undefined, ...output });
    });
  });
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    // Gone already.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
