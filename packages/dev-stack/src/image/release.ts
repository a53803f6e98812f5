import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Which release a bundle is of. */
export interface Release {
  /** Of the root's package.json. */
  readonly version: string;
  /** The full hash, `-dirty` after it when tracked files were changed; `unknown` outside of a repository. */
  readonly commit: string;
}

/** The release that a checkout is at. RELEASE_COMMIT says it where there is no repository, as inside a container build. */
export function releaseOf(checkout: string, env: NodeJS.ProcessEnv = process.env): Release {
  const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as { version: string };
  return { version, commit: env.RELEASE_COMMIT || commitOf(checkout) };
}

function commitOf(checkout: string): string {
  const hash = git(checkout, ["rev-parse", "HEAD"]);
  if (hash === undefined) return "unknown";
  const changed = git(checkout, ["status", "--porcelain", "--untracked-files=no"]);
  return changed === "" ? hash : `${hash}-dirty`;
}

/** What git says on a question, without its line end; undefined when it fails or is not there. */
export function git(checkout: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: checkout, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
