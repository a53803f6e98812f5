import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connectionsNeeded,
  type OperatorKey,
  openOperatorKey,
  openSecrets,
  ProcessLog,
  prepareDatabases,
  SERVICES,
  type Secrets,
  type ServiceEntry,
  ServiceProcess,
  serviceEnv,
  writeBootstrapFile,
} from "@marketmesh/dev-stack/mesh";
import {
  checkoutDir,
  type DatabaseUrls,
  freePort,
  openServerDir,
  openStateDir,
  postgresUser,
  type RunningServer,
  startNats,
  startPostgres,
} from "@marketmesh/dev-stack/servers";
import postgres, { type Sql } from "postgres";
import { type Build, nodeOptions } from "./build.ts";
import { ENDPOINTS_FILE_KEY } from "./headless-names.ts";

/** A process of a service, with an address of its own. */
export interface Pod {
  readonly name: string;
  readonly service: string;
  readonly build: Build;
  readonly address: string;
  readonly process: ServiceProcess;
}

interface Parts {
  readonly folder: string;
  readonly secrets: Secrets;
  readonly operatorKey: OperatorKey;
  readonly servers: readonly RunningServer[];
  readonly databases: ReadonlyMap<string, DatabaseUrls>;
  readonly bootstrapFile: string;
  readonly port: number;
  readonly metricsPort: number;
}

export const replicas = 3;
const readyMs = 300_000;
/** Kubernetes' own default. */
const graceMs = 30_000;

/**
 * What Kubernetes does with a service's pods, on one machine: each pod is a process with a loopback address of its own, the
 * service's name has the addresses of its ready pods, and a pod that is to end loses its place in the list and gets SIGTERM at the same
 * time. Linux only: elsewhere 127.0.0.1 is the only loopback address.
 */
export class Cluster implements AsyncDisposable {
  readonly folder: string;
  /** What went wrong with processes: ends that nobody asked for, lines of level error. */
  readonly complaints: string[] = [];
  /** Milliseconds from SIGTERM to the end, of each pod that was ended. */
  readonly drainsMs: number[] = [];
  readonly #parts: Parts;
  readonly #pods = new Map<string, Pod[]>();
  readonly #ending = new Set<Promise<void>>();
  readonly #logs: ProcessLog[] = [];
  readonly #net = `127.${64 + (process.pid % 128)}.${1 + Math.floor(Math.random() * 250)}`;
  #count = 0;

  private constructor(parts: Parts) {
    this.folder = parts.folder;
    this.#parts = parts;
    this.#announce();
  }

  /** Starts the servers; no service yet. */
  static async start(): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), "marketmesh-rolling-"));
    chmodSync(folder, 0o711);
    openStateDir(join(folder, "state"));
    const names = SERVICES.map(({ name }) => name);
    const secrets = openSecrets(folder, names);
    const operatorKey = openOperatorKey(folder);
    const fetched = join(checkoutDir, ".marketmesh", "bin", "nats-server");
    mkdirSync(join(folder, "bin"), { recursive: true });
    if (existsSync(fetched)) copyFileSync(fetched, join(folder, "bin", "nats-server"));
    // One more of a service than there are replicas: a new pod is ready before the old one ends.
    const pods = SERVICES.flatMap((service) => Array.from({ length: replicas + 1 }, () => service));
    const servers = await Promise.all([
      startPostgres({
        serverDir: openServerDir(join(folder, "state"), postgresUser()),
        port: await freePort(),
        password: secrets.postgresPassword,
        maxConnections: connectionsNeeded(pods),
        durable: false,
      }),
      startNats({ binDir: join(folder, "bin"), storeDir: join(folder, "nats"), port: await freePort() }),
    ]);
    return new Cluster({
      folder,
      secrets,
      operatorKey,
      servers,
      databases: await prepareDatabases(servers[0].url, names, secrets),
      bootstrapFile: writeBootstrapFile(folder, names, secrets, operatorKey),
      port: await freePort(),
      metricsPort: await freePort(),
    });
  }

  get operatorKey(): string {
    return this.#parts.operatorKey.key;
  }

  /** Where clients call each service: a name for all of its pods. */
  get endpoints(): Record<string, string> {
    return Object.fromEntries(
      SERVICES.map(({ name }) => [name, `http://${hostOf(name)}:${this.#parts.port}`]),
    );
  }

  get endpointsFile(): string {
    return join(this.folder, "endpoints.json");
  }

  get services(): string[] {
    return SERVICES.map(({ name }) => name);
  }

  /** The pods that serve now. */
  podsOf(service: string): readonly Pod[] {
    return this.#pods.get(service) ?? [];
  }

  /** Starts a pod and lists it once it is ready. */
  async add(service: string, build: Build, options: { readonly migrates?: boolean } = {}): Promise<Pod> {
    this.#count += 1;
    const name = `${service}-${this.#count}`;
    const address = `${this.#net}.${this.#count}`;
    const entry = SERVICES.find((one) => one.name === service)!;
    const log = new ProcessLog(join(this.folder, "logs"), name);
    this.#logs.push(log);
    const complain = (what: string) => this.complaints.push(`${name} of ${build.name}: ${what}`);
    const pod = new ServiceProcess({
      name,
      command: build.node,
      args: [...nodeOptions(entry), build.mainOf(service)],
      cwd: build.folder,
      env: this.#envOf(entry, address, options.migrates === true),
      readyUrl: `http://${address}:${this.#parts.port}/readyz`,
      readyTimeoutMs: readyMs,
      log,
      onLine: (line) => {
        if (/"level":"error"/.test(line) || !line.startsWith("{")) complain(line);
      },
      onSpawn: () => {},
      onRestart: (end) => complain(`ended: ${end}`),
      onGiveUp: (problem) => complain(String(problem)),
    });
    const started: Pod = { name, service, build, address, process: pod };
    pod.start();
    try {
      await pod.ready();
    } catch (error) {
      await pod.stop(0);
      throw error;
    }
    this.#pods.set(service, [...this.podsOf(service), started]);
    this.#announce();
    return started;
  }

  /** Takes a pod out of the list and lets it drain. Does not wait for its end, as nobody does: see `drained`. */
  retire(pod: Pod, how: "drain" | "kill" = "drain"): void {
    this.#pods.set(
      pod.service,
      this.podsOf(pod.service).filter((one) => one !== pod),
    );
    this.#announce();
    const startMs = performance.now();
    const ended = pod.process.stop(how === "kill" ? 0 : graceMs).then(() => {
      const tookMs = performance.now() - startMs;
      this.drainsMs.push(tookMs);
      if (how === "drain" && tookMs > graceMs) this.complaints.push(`${pod.name} did not drain in time`);
      this.#ending.delete(ended);
    });
    this.#ending.add(ended);
  }

  /** A Deployment's step, surge 1 and unavailable 0: the new pod is ready, then the old one goes. */
  async replace(pod: Pod, build: Build, how?: "drain" | "kill"): Promise<Pod> {
    const next = await this.add(pod.service, build);
    this.retire(pod, how);
    return next;
  }

  /** Resolves when every pod that was to end has ended. */
  async drained(): Promise<void> {
    await Promise.all(this.#ending);
  }

  /** Runs a build's `migrate` command for a service, as the role that owns the tables. Throws when it fails. */
  async migrate(service: string, build: Build): Promise<void> {
    const entry = SERVICES.find((one) => one.name === service)!;
    const child = spawn(build.node, [build.mainOf(service), "migrate"], {
      cwd: build.folder,
      env: this.#envOf(entry, "127.0.0.1", true),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    const status = await new Promise((resolve) => child.once("close", resolve));
    if (status !== 0) throw new Error(`${service} migrate of ${build.name} ended with ${status}: ${said}`);
  }

  /** A service's database, with the eyes of the server's owner. */
  async sql<T>(service: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    const url = new URL(this.#parts.servers[0]!.url);
    url.pathname = `/marketmesh_${service}`;
    const sql = postgres(url.href, { max: 1, onnotice: () => {}, fetch_types: false });
    try {
      return await work(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  /** The names of a service's pods. */
  processesOf(service: string): string[] {
    return this.podsOf(service).map(({ name }) => name);
  }

  /** The metrics of one pod, as text. */
  async metrics(name: string): Promise<string> {
    const { address } = [...this.#pods.values()].flat().find((pod) => pod.name === name)!;
    const url = `http://${address}:${this.#parts.metricsPort}/metrics`;
    return (await fetch(url, { signal: AbortSignal.timeout(60_000) })).text();
  }

  /** Ends everything. Throws when a process is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pod of [...this.#pods.values()].flat()) this.retire(pod);
    await this.drained();
    await Promise.all(this.#parts.servers.map((server) => server.stop()));
    for (const log of this.#logs) log.close();
    const left = processesThatName(this.folder);
    if (left.length > 0) throw new Error(`processes are left: ${left.join(", ")}`);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Replaced as a whole: whoever looks a name up reads the old list or the new one. */
  #announce(): void {
    const listed = SERVICES.map(({ name }) => [
      hostOf(name),
      this.podsOf(name).map(({ address }) => address),
    ]);
    writeFileSync(`${this.endpointsFile}.new`, JSON.stringify(Object.fromEntries(listed)));
    renameSync(`${this.endpointsFile}.new`, this.endpointsFile);
  }

  #envOf(service: ServiceEntry, address: string, migrates: boolean): NodeJS.ProcessEnv {
    const { DATABASE_MIGRATOR_URL, ...own } = serviceEnv({
      service,
      own: { port: this.#parts.port, metricsPort: this.#parts.metricsPort },
      endpoints: this.endpoints,
      database: this.#parts.databases.get(service.name)!,
      natsUrl: this.#parts.servers[1]!.url,
      serviceKey: this.#parts.secrets.services[service.name]!.apiKey,
      logLevel: "info",
      traceDir: join(this.folder, "traces"),
      identity:
        service.name === "identity"
          ? {
              bootstrapFile: this.#parts.bootstrapFile,
              masterKey: this.#parts.secrets.identityMasterKey,
              erasureListFile: join(this.folder, "erasures.ndjson"),
            }
          : undefined,
    });
    const { DATABASE_URL: _d, NATS_URL: _n, NODE_OPTIONS: _o, ...inherited } = process.env;
    return {
      ...inherited,
      ...own,
      ...(migrates && { DATABASE_MIGRATOR_URL }),
      HOST: address,
      OTEL_SDK_DISABLED: "true",
      // Twenty processes on a test's machine: a queue is no overload.
      QUEUE_DELAY_MS: "0",
      // Goes with the folder: nobody starts a bundle from it again.
      NODE_COMPILE_CACHE: join(this.folder, "compile-cache"),
      [ENDPOINTS_FILE_KEY]: this.endpointsFile,
    };
  }
}

function hostOf(service: string): string {
  return `${service}.mesh.test`;
}

/** Processes whose command or environment names the folder, this one left out. */
function processesThatName(folder: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    return ["cmdline", "environ"].some((file) => textOf(`/proc/${pid}/${file}`).includes(folder));
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // it has ended, or is somebody else's
  }
}
