import { spawnSync } from "node:child_process";
import { checkoutDir } from "@marketmesh/dev-stack/servers";

const usualLoadingMs = 1_500;

/**
 * How many times as long as on two idle cores things take now, at least 1: by how long it takes to load what a service consists of,
 * which is most of its start. Bounds of time grow with it.
 */
export function paceNow(): number {
  const startMs = performance.now();
  spawnSync(process.execPath, ["services/allocation/src/service.ts"], { cwd: checkoutDir });
  return Math.max(1, (performance.now() - startMs) / usualLoadingMs);
}
