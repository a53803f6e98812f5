import { join } from "node:path";

/** Where the processes of a mesh write their spans. */
export function tracesDirOf(stateDir: string): string {
  return join(stateDir, "traces");
}
