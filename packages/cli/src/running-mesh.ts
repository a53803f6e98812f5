import { readFileSync } from "node:fs";
import { defaultStateDir, readState } from "@marketmesh/dev-stack";
import { type ConnectedMesh, connectMesh } from "./connect.ts";
import { UsageError } from "./usage-error.ts";

export interface RunningMesh {
  readonly stateDir: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly operatorKey: string;
}

/** Where the mesh of this checkout runs, and its operator's key. Throws UsageError when none runs. */
export function runningMesh(): RunningMesh {
  const stateDir = defaultStateDir();
  const state = readState(stateDir);
  if (state === undefined || state.phase !== "ready") {
    throw new UsageError("no mesh is running here; start one with: npm start");
  }
  const operatorKey = readFileSync(state.operatorKeyPath, "utf8").trim();
  return { stateDir, endpoints: state.endpoints, operatorKey };
}

/** Does work as the operator of the running mesh. */
export async function asOperator<T>(work: (mesh: ConnectedMesh) => Promise<T>): Promise<T> {
  const { endpoints, operatorKey } = runningMesh();
  using mesh = connectMesh(endpoints, operatorKey);
  return await work(mesh);
}
