import { spawnSync } from "node:child_process";

const outputBytesMax = 16 * 2 ** 20;

/** What git prints, without the last line break; undefined when it fails or is not there. */
export function git(folder: string, ...args: readonly string[]): string | undefined {
  // Git's own variables, which a hook sets, would point it at another repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("GIT_")));
  const { status, stdout } = spawnSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env,
    maxBuffer: outputBytesMax,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout.trimEnd() : undefined;
}
