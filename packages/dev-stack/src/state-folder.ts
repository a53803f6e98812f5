import { createHash } from "node:crypto";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StackProblem } from "./problem.ts";
import { canReach, type ServerUser } from "./servers/server-user.ts";

export { tracesDirOf } from "./traces-folder.ts";

/** The root of this checkout. */
export const checkoutDir: string = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** The folder that keeps everything between starts: `.marketmesh/`, or `MARKETMESH_STATE_DIR`. */
export function stateDirOf(checkout: string, env: NodeJS.ProcessEnv): string {
  return env.MARKETMESH_STATE_DIR ? resolve(env.MARKETMESH_STATE_DIR) : join(checkout, ".marketmesh");
}

/** Creates the state folder. Others may pass through it (Postgres does, as its own user); its secrets are 0600. */
export function openStateDir(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true });
  chmodSync(stateDir, 0o711);
}

/** Where server binaries and data may be, in order of preference. */
export function serverDirsOf(stateDir: string): string[] {
  const hash = createHash("sha256").update(stateDir).digest("hex").slice(0, 16);
  return [join(stateDir, "servers"), `/var/lib/marketmesh-${hash}`, `/var/tmp/marketmesh-${hash}`];
}

/**
 * The folder for what a server reads and writes as its own user: within the state folder where that user can reach
 * it, else a folder named by a hash of the state folder. Created, mode 0711.
 *
 * Throws STATE_DIR_UNREACHABLE when neither can be reached.
 */
export function openServerDir(stateDir: string, user: ServerUser | undefined): string {
  const hash = createHash("sha256").update(stateDir).digest("hex").slice(0, 16);
  const candidates = [
    join(stateDir, "servers"),
    `/var/lib/marketmesh-${hash}`,
    `/var/tmp/marketmesh-${hash}`,
  ];
  for (const candidate of candidates) {
    try {
      openStateDir(candidate);
    } catch (error) {
      if (candidate === candidates[0]) throw error;
      continue;
    }
    if (user === undefined || canReach(user, candidate)) return candidate;
  }
  const advice =
    "Set MARKETMESH_STATE_DIR to a folder whose parents all users may enter (mode 0711 or wider).";
  throw new StackProblem("STATE_DIR_UNREACHABLE", `user ${user?.name} cannot reach ${stateDir}`, advice);
}
