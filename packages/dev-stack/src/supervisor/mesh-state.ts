import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackProblem } from "../problem.ts";
import { identify, isAlive, killTree, type ProcessIdentity, waitForEnd } from "../process-identity.ts";

/** What a running mesh tells others: `state.json`. No secrets. */
export interface MeshState {
  readonly supervisor: ProcessIdentity;
  readonly phase: "starting" | "ready" | "stopping" | "stopped";
  readonly startTime: string;
  readonly checkout: string;
  readonly logsDir: string;
  readonly operatorKeyPath: string;
  /** Addresses by service, `http://127.0.0.1:PORT`; of several processes separated by commas. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Where each process of a service listens, by its name. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, string>>;
  readonly natsUrl: string;
  /** Without user and password. */
  readonly postgresAddress: string;
  /** Every process of the mesh, guards of servers included. */
  readonly processes: readonly (ProcessIdentity & { readonly name: string })[];
}

const LEFTOVER_WAIT_MS = 5_000;

/** The state that a start left in this folder; undefined before the first. */
export function readState(stateDir: string): MeshState | undefined {
  const path = join(stateDir, "state.json");
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as MeshState;
  } catch {
    return undefined;
  }
}

export function writeState(stateDir: string, state: MeshState): void {
  const path = join(stateDir, "state.json");
  writeFileSync(`${path}.new`, JSON.stringify(state, null, 2));
  renameSync(`${path}.new`, path);
}

/**
 * Makes this process the one supervisor of the folder; the claim of a dead one is taken over. Answers with the release.
 *
 * Throws ALREADY_RUNNING, with the addresses.
 */
export function claim(stateDir: string): () => void {
  const path = join(stateDir, "supervisor.lock");
  for (let attempt = 0; attempt < 2; attempt++) {
    const mine = `${path}.${process.pid}`;
    try {
      // A link appears with its content, or not at all.
      writeFileSync(mine, JSON.stringify(identify(process.pid)));
      linkSync(mine, path);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = readIdentity(path);
      if (holder && isAlive(holder)) throw alreadyRunning(stateDir, holder);
      rmSync(path, { force: true });
    } finally {
      rmSync(mine, { force: true });
    }
  }
  throw new StackProblem(
    "ALREADY_RUNNING",
    "another start was faster",
    "Wait for it, or run npx marketmesh status.",
  );
}

/** Waits for the processes of a killed start, which end by themselves when its pipes close, and kills the rest. */
export async function clearLeftovers(stateDir: string): Promise<number> {
  const left = (readState(stateDir)?.processes ?? []).filter(isAlive);
  await Promise.all(
    left.map(async (leftover) => {
      if (!(await waitForEnd(leftover, LEFTOVER_WAIT_MS))) killTree(leftover);
    }),
  );
  return left.length;
}

function alreadyRunning(stateDir: string, holder: ProcessIdentity): StackProblem {
  const endpoints = Object.entries(readState(stateDir)?.endpoints ?? {}).map(
    ([name, url]) => `  ${name} ${url}`,
  );
  const message = [`this mesh runs already, as process ${holder.pid}`, ...endpoints].join("\n");
  return new StackProblem("ALREADY_RUNNING", message, "Use it, or stop it: npx marketmesh stop.");
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
