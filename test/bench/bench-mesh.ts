import { join } from "node:path";
import { type ConnectedMesh, connectMesh } from "@marketmesh/cli/connect";
import { defaultStateDir } from "@marketmesh/dev-stack";
import { Mesh, SERVICES } from "@marketmesh/dev-stack/mesh";
import { say } from "./figure.ts";

export interface BenchMesh extends AsyncDisposable {
  readonly clients: ConnectedMesh;
  /** Where each service listens, by its name. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** The process of a service, of several replicas the first. */
  pidOf(service: string): number;
  /** Peak memory so far, in bytes by process. */
  peakRss(): Record<string, number>;
}

const allServices: readonly string[] = SERVICES.map(({ name }) => name);
const nowhere = "http://127.0.0.1:9";

/**
 * A mesh like that of `npm start`, one process per service, empty, in a folder of its own beside that of `npm start`. Where only some
 * services run, nobody has the others' share of the processors, and whoever calls them is refused.
 */
export async function startBenchMesh(
  env: Readonly<Record<string, string>> = {},
  only = allServices,
): Promise<BenchMesh> {
  const absent = allServices.filter((name) => !only.includes(name));
  const mesh = new Mesh({
    stateDir: join(defaultStateDir(), "bench"),
    services: SERVICES.filter(({ name }) => only.includes(name)),
    // Suites send as much as is taken, which is what admission is against.
    env: {
      ...process.env,
      ...Object.fromEntries(absent.map((name) => [`MESH_${name.toUpperCase()}_URL`, nowhere])),
      LOG_LEVEL: "warn",
      QUEUE_DELAY_MS: "0",
      ...env,
    },
    fresh: true,
    say,
    onFatal: (problem) => {
      say(String(problem));
      process.exit(1);
    },
  });
  mesh.install();
  await mesh.start();
  const others = Object.fromEntries(absent.map((name) => [name, nowhere]));
  const clients = connectMesh({ ...others, ...mesh.endpoints }, mesh.operatorKey.key);
  return {
    clients,
    endpoints: mesh.endpoints,
    pidOf: (service) => mesh.processes.find(({ name }) => name === service)!.pid,
    peakRss: () => mesh.memory.peaks(),
    async [Symbol.asyncDispose]() {
      clients[Symbol.dispose]();
      await mesh.stop();
    },
  };
}
