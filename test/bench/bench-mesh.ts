import { join } from "node:path";
import { connectMesh } from "@marketmesh/cli/connect";
import type { Mesh as Clients } from "@marketmesh/cli/mesh";
import { defaultStateDir } from "@marketmesh/dev-stack";
import { Mesh, SERVICES } from "@marketmesh/dev-stack/mesh";
import { say } from "./figure.ts";

export interface BenchMesh extends AsyncDisposable {
  readonly clients: Clients;
  /** Peak memory so far, in bytes by process. */
  peakRss(): Record<string, number>;
}

/** A mesh like that of `npm start`, one process per service, empty, in a folder of its own beside that of `npm start`. */
export async function startBenchMesh(): Promise<BenchMesh> {
  const mesh = new Mesh({
    stateDir: join(defaultStateDir(), "bench"),
    services: SERVICES,
    env: { ...process.env, LOG_LEVEL: "warn" },
    fresh: true,
    say,
    onFatal: (problem) => {
      say(String(problem));
      process.exit(1);
    },
  });
  mesh.install();
  await mesh.start();
  const clients = connectMesh(mesh.endpoints, mesh.operatorKey.key);
  return {
    clients,
    peakRss: () => mesh.memory.peaks(),
    async [Symbol.asyncDispose]() {
      clients[Symbol.dispose]();
      await mesh.stop();
    },
  };
}
