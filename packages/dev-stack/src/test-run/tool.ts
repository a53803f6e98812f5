import { spawn } from "node:child_process";
import type { Say } from "./step.ts";

/** Runs a program and passes on what it says. Answers whether it ended well; rejects when it cannot be started. */
export function tool(
  command: string,
  args: readonly string[],
  { cwd, say, signal }: { readonly cwd: string; readonly say: Say; readonly signal?: AbortSignal },
): Promise<boolean> {
  const child = spawn(command, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    ...(signal && { signal }),
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", say);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status === 0));
  });
}
