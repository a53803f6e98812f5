import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectOptions } from "@marketmesh/client";
import { type ConnectedMesh, connectMesh } from "./connect.ts";
import { namedMesh } from "./named-mesh.ts";
import { UsageError } from "./usage-error.ts";

export interface RunningMesh {
  readonly stateDir: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly operatorKey: string;
  /** What https endpoints are called with. */
  readonly tls?: NonNullable<ConnectOptions["tls"]>;
}

/** The mesh that the environment names, as in a cluster; else the one of this checkout. Throws UsageError when there is none. */
export async function runningMesh(): Promise<RunningMesh> {
  const stateDir = await runsDir();
  return { stateDir, ...(namedMesh(process.env) ?? (await meshOfCheckout(stateDir))) };
}

/** Does work as the operator of the running mesh. */
export async function asOperator<T>(work: (mesh: ConnectedMesh) => Promise<T>): Promise<T> {
  const { endpoints, operatorKey, tls } = await runningMesh();
  using mesh = connectMesh(endpoints, operatorKey, tls ? { tls } : {});
  return await work(mesh);
}

/** The folder that remembers runs: `MARKETMESH_STATE_DIR`, or where a mesh is named, one that lasts as long as the machine. */
export async function runsDir(): Promise<string> {
  const { MARKETMESH_STATE_DIR, MARKETMESH_URL } = process.env;
  if (MARKETMESH_URL) return MARKETMESH_STATE_DIR || join(tmpdir(), "marketmesh");
  // Loaded on demand: an image of this command has no checkout.
  const { defaultStateDir } = await import("@marketmesh/dev-stack");
  return defaultStateDir();
}

async function meshOfCheckout(stateDir: string): Promise<Omit<RunningMesh, "stateDir">> {
  const { readState } = await import("@marketmesh/dev-stack");
  const state = readState(stateDir);
  if (state === undefined || state.phase !== "ready") {
    throw new UsageError("no mesh is running here; start one with: npm start");
  }
  const operatorKey = readFileSync(state.operatorKeyPath, "utf8").trim();
  return { endpoints: state.endpoints, operatorKey };
}
