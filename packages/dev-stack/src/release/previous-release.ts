import { readFileSync } from "node:fs";
import { join } from "node:path";
import { git } from "./git.ts";

/** A commit that is a release. */
export interface Release {
  /** What its package.json says, for example `0.2.0`. */
  readonly version: string;
  /** The full hash. */
  readonly commit: string;
}

/** Why the release before cannot be had: no history. */
export interface NoRelease {
  readonly reason: string;
}

/** Names another commit to upgrade from. */
export const UPGRADE_FROM_KEY = "MARKETMESH_UPGRADE_FROM";

/**
 * The release before the one that this checkout is: the commit that set the version which package.json had before its present
 * one. `MARKETMESH_UPGRADE_FROM` names another commit. Without the history to find it by, the reason.
 */
export function previousRelease(checkout: string, env: NodeJS.ProcessEnv = process.env): Release | NoRelease {
  const shallow = git(checkout, "rev-parse", "--is-shallow-repository");
  if (shallow === undefined) return { reason: "the checkout has no git history" };
  const named = env[UPGRADE_FROM_KEY];
  if (named) {
    const commit = git(checkout, "rev-parse", "--verify", "--quiet", `${named}^{commit}`);
    return commit ? releaseAt(checkout, commit) : { reason: `the history has no commit ${named}` };
  }
  const current = versionIn(readFileSync(join(checkout, "package.json"), "utf8"));
  const [, ...before] = runsOf(current, releasesOf(checkout));
  // In a shallow clone the oldest commit seems to have set everything.
  if (before[0] === undefined || (shallow === "true" && before.length === 1)) {
    return {
      reason: `the history has no release before ${current}${shallow === "true" ? ": the clone is shallow" : ""}`,
    };
  }
  return before[0];
}

/** The services that a release has, by name. */
export function servicesOf(checkout: string, { commit }: Release): string[] {
  const listed = git(checkout, "ls-tree", "--name-only", commit, "services/") ?? "";
  return listed
    .split("\n")
    .filter((path) => path !== "")
    .map((path) => path.slice("services/".length));
}

/** Every commit that touched the version, the latest first. */
function releasesOf(checkout: string): Release[] {
  const log = git(checkout, "log", "--format=%H", '-G"version":', "--", "package.json") ?? "";
  return log
    .split("\n")
    .filter((line) => line !== "")
    .map((commit) => releaseAt(checkout, commit));
}

/** The commit that set each version: the earliest of those that follow each other and have it. The present one first. */
function runsOf(current: string, releases: readonly Release[]): Release[] {
  const runs: Release[] = [{ version: current, commit: "HEAD" }];
  for (const release of releases) {
    if (runs.at(-1)?.version === release.version) runs[runs.length - 1] = release;
    else runs.push(release);
  }
  return runs;
}

function releaseAt(checkout: string, commit: string): Release {
  return { version: versionIn(git(checkout, "show", `${commit}:package.json`) ?? ""), commit };
}

function versionIn(text: string): string {
  return /^\s*"version":\s*"([^"]+)"/m.exec(text)?.[1] ?? "";
}
