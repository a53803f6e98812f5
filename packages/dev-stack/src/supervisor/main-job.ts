import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkoutDir } from "../state-folder.ts";
import type { Mesh } from "./mesh.ts";
import type { StartOptions } from "./start-options.ts";

/** What the main job, `runMainJob` of `@marketmesh/cli/main-job`, is called with once every service is ready. */
export interface MainJobOptions {
  /** Addresses by service. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly operatorKey: string;
  /** What is kept in its folder `runs` is forgotten by --fresh. */
  readonly stateDir: string;
  /** Absolute paths. */
  readonly scenario?: string;
  readonly report?: string;
  readonly exportDir?: string;
  /** Absent: the scenario's own. */
  readonly seed?: number;
  readonly readyMs: number;
  /** Peak memory so far, in bytes by process. */
  readonly peakRss: () => Record<string, number>;
  readonly out: NodeJS.WritableStream;
  /** Aborted when the mesh is being stopped. */
  readonly signal: AbortSignal;
}

/** The main job. */
export type RunMainJob = (options: MainJobOptions) => Promise<{ ok: boolean }>;

// By path: the cli calls dev-stack, so a dependency on it would be a circle.
const MODULE = join(checkoutDir, "packages", "cli", "src", "main-job.ts");

/** Loads the main job of this checkout. Only when it is due: it brings the whole client with it. */
export async function loadMainJob(): Promise<RunMainJob> {
  const { runMainJob } = (await import(pathToFileURL(MODULE).href)) as { runMainJob: RunMainJob };
  return runMainJob;
}

/** What the main job is told, from what was asked of `npm start`. */
export function mainJobOptions(
  mesh: Mesh,
  stateDir: string,
  options: StartOptions,
  about: Pick<MainJobOptions, "readyMs" | "signal" | "out">,
): MainJobOptions {
  return {
    ...about,
    endpoints: mesh.endpoints,
    operatorKey: mesh.operatorKey.key,
    stateDir,
    ...(options.scenario !== undefined && { scenario: resolve(options.scenario) }),
    ...(options.report !== undefined && { report: resolve(options.report) }),
    ...(options.exportDir !== undefined && { exportDir: resolve(options.exportDir) }),
    ...(options.seed !== undefined && { seed: options.seed }),
    peakRss: () => mesh.memory.peaks(),
  };
}
