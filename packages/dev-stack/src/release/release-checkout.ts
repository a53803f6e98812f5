import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StackProblem } from "../problem.ts";
import { git } from "./git.ts";
import type { Release } from "./previous-release.ts";

const installMs = 10 * 60_000;

/**
 * A checkout of a release beside this one, with its packages: a git worktree in `.marketmesh/releases`, made when it is not
 * there. Those of other releases go. Takes seconds where the packages are in pnpm's store.
 *
 * Throws RELEASE_UNAVAILABLE.
 */
export function releaseCheckout(checkout: string, { version, commit }: Release): string {
  const releases = join(checkout, ".marketmesh", "releases");
  const folder = join(releases, commit.slice(0, 12));
  mkdirSync(releases, { recursive: true });
  for (const other of readdirSync(releases)) {
    if (join(releases, other) !== folder) removeWorktree(checkout, join(releases, other));
  }
  if (git(folder, "rev-parse", "--show-toplevel") !== folder || git(folder, "rev-parse", "HEAD") !== commit) {
    removeWorktree(checkout, folder);
    if (git(checkout, "worktree", "add", "--detach", "--force", folder, commit) === undefined)
      throw unavailable(version, `git cannot check out ${commit} in ${folder}`);
  }
  install(folder, version);
  return folder;
}

/** Also forgets one whose folder was deleted by hand. */
function removeWorktree(checkout: string, folder: string): void {
  git(checkout, "worktree", "remove", "--force", folder);
  rmSync(folder, { recursive: true, force: true });
  git(checkout, "worktree", "prune");
}

/** In the release's own way, which does nothing when all is there. */
function install(folder: string, version: string): void {
  const script = join(folder, "packages", "dev-stack", "bootstrap", "install.mjs");
  if (!existsSync(script)) throw unavailable(version, "it does not know how to install itself");
  const code = `const { installPackages } = await import(process.argv[1]); await installPackages(process.argv[2]);`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", code, script, folder],
    {
      cwd: folder,
      encoding: "utf8",
      timeout: installMs,
      env: { ...process.env, npm_config_prefer_offline: "true" },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  if (status !== 0) throw unavailable(version, stderr.trim().split("\n").slice(-20).join("\n"));
}

function unavailable(version: string, why: string): StackProblem {
  const advice = "Check the network and the free space; or leave test/rolling out.";
  return new StackProblem("RELEASE_UNAVAILABLE", `release ${version} cannot be built: ${why}`, advice);
}
