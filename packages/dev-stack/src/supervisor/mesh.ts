import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  erasureListPath,
  markRestored,
  refuseHalfRestored,
  setErasuresAside,
} from "../backup/state-files.ts";
import { releaseOf } from "../image/release.ts";
import { StackProblem } from "../problem.ts";
import { identify, type ProcessIdentity } from "../process-identity.ts";
import { startNats } from "../servers/nats.ts";
import { natsBinary } from "../servers/nats-binary.ts";
import { type RunningServer, startPostgres } from "../servers/postgres.ts";
import { postgresBinaries } from "../servers/postgres-binaries.ts";
import { postgresUser } from "../servers/server-user.ts";
import type { DatabaseUrls } from "../servers/service-database.ts";
import { checkoutDir, openServerDir, openStateDir, tracesDirOf } from "../state-folder.ts";
import {
  checkConnections,
  checkJetStream,
  deleteStreams,
  dropDatabases,
  prepareDatabases,
} from "./databases.ts";
import { MemoryPeaks } from "./memory.ts";
import { claim, clearLeftovers, type MeshState, writeState } from "./mesh-state.ts";
import { choosePorts, type PortBlock } from "./port-block.ts";
import { parseReplicas, processNames, type Replicas } from "./replicas.ts";
import type { RestartPolicy } from "./restart-policy.ts";
import {
  type OperatorKey,
  openOperatorKey,
  openSecrets,
  type Secrets,
  writeBootstrapFile,
} from "./secrets.ts";
import { ServerKeeper } from "./server-keeper.ts";
import { serviceEnv } from "./service-env.ts";
import { isAlarming, isWarning, ProcessLog, readableLine } from "./service-log.ts";
import { ServiceProcess } from "./service-process.ts";
import { connectionsNeeded, MAX_CONNECTIONS, type ServiceEntry } from "./service-table.ts";

/** What a mesh is started with. */
export interface MeshOptions {
  readonly stateDir: string;
  readonly services: readonly ServiceEntry[];
  /** Read: DATABASE_URL, NATS_URL, MARKETMESH_PORT_BASE, MARKETMESH_REPLICAS, LOG_LEVEL. Handed on to the services. */
  readonly env: NodeJS.ProcessEnv;
  /** Begin with empty databases and streams. */
  readonly fresh?: boolean;
  /** Instead of MARKETMESH_REPLICAS. */
  readonly replicas?: Replicas;
  /** How often a process or server may end by itself; a test that kills them needs more than the default. */
  readonly restartPolicy?: RestartPolicy;
  /** For people: progress, warnings, restarts. */
  say(line: string): void;
  /** A process was given up; the mesh should be stopped. */
  onFatal(problem: StackProblem): void;
}

/** A process of the mesh that runs now. */
export interface MeshProcess {
  /** The service's, with a number behind it for all but its first process (`scoring-2`); `postgres`, `nats`. */
  readonly name: string;
  readonly pid: number;
}

/** Postgres, NATS and the services of one state folder, each one process or several. */
export class Mesh {
  readonly operatorKey: OperatorKey;
  /** Of every process, this one included. */
  readonly memory: MemoryPeaks = new MemoryPeaks();
  readonly #options: MeshOptions;
  readonly #release: () => void;
  readonly #secrets: Secrets;
  /** The names of the processes of each service. */
  readonly #names: ReadonlyMap<string, readonly string[]>;
  readonly #logs = new Map<string, ProcessLog>();
  readonly #processes = new Map<string, ProcessIdentity>();
  readonly #startTime = new Date().toISOString();
  #servers: ServerKeeper[] = [];
  #services: ServiceProcess[] = [];
  #ports: PortBlock | undefined;
  #urls = { postgres: "", nats: "" };
  #phase: MeshState["phase"] = "starting";
  #starting: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  /** Claims the state folder. Throws ALREADY_RUNNING. */
  constructor(options: MeshOptions) {
    this.#options = options;
    const replicas = options.replicas ?? parseReplicas(options.env.MARKETMESH_REPLICAS ?? "");
    this.#names = processNames(options.services.map(nameOf), replicas);
    openStateDir(options.stateDir);
    if (!options.fresh) refuseHalfRestored(options.stateDir);
    this.#release = claim(options.stateDir);
    this.#secrets = openSecrets(options.stateDir, options.services.map(nameOf));
    this.operatorKey = openOperatorKey(options.stateDir);
    this.memory.watch("supervisor", process.pid);
  }

  /** Addresses by service; of several processes separated by commas. */
  get endpoints(): Record<string, string> {
    const { addresses } = this;
    const urlsOf = (names: readonly string[]) => names.flatMap((name) => addresses[name] ?? []).join(",");
    return Object.fromEntries([...this.#names].map(([service, names]) => [service, urlsOf(names)]));
  }

  /** Addresses by process. */
  get addresses(): Record<string, string> {
    const processes = this.#ports?.services ?? new Map();
    return Object.fromEntries([...processes].map(([name, { port }]) => [name, `http://127.0.0.1:${port}`]));
  }

  /** Every process that was started last under its name. */
  get processes(): MeshProcess[] {
    return [...this.#processes].map(([name, { pid }]) => ({ name, pid }));
  }

  /** Fetches and copies what the servers are made of; does nothing when that is there. Throws named errors. */
  install(): void {
    const { stateDir, env } = this.#options;
    const user = postgresUser();
    if (!env.DATABASE_URL) postgresBinaries(openServerDir(stateDir, user), user);
    if (!env.NATS_URL) natsBinary(join(stateDir, "bin"), env);
  }

  /** Starts everything; resolves when every service is ready. On a failure the caller stops the mesh. */
  start(): Promise<void> {
    this.#starting = this.#startInOrder();
    return this.#starting;
  }

  async #startInOrder(): Promise<void> {
    const { stateDir, services, env, say } = this.#options;
    for (const { main } of services) {
      if (existsSync(join(checkoutDir, main))) continue;
      throw new StackProblem(
        "SERVICE_MISSING",
        `${main} is not in this checkout`,
        "Check out the whole repository.",
      );
    }
    const leftovers = await clearLeftovers(stateDir);
    if (leftovers > 0) say(`An earlier start was killed; ${leftovers} of its processes have ended now`);
    this.#ports = await choosePorts(stateDir, [...this.#names.values()].flat(), env);
    const [postgresUrl, natsUrl] = await bothStarted(this.#startPostgres(), this.#startNats());
    this.#refuseWhenStopping();
    this.#urls = { postgres: postgresUrl, nats: natsUrl };
    if (env.DATABASE_URL) await checkConnections(postgresUrl, connectionsNeeded(this.#entries()));
    if (this.#options.fresh && env.DATABASE_URL) await dropDatabases(postgresUrl, services.map(nameOf));
    const databases = await prepareDatabases(postgresUrl, services.map(nameOf), this.#secrets);
    const bootstrapFile = writeBootstrapFile(stateDir, services.map(nameOf), this.#secrets, this.operatorKey);
    this.#refuseWhenStopping();
    this.#services = services.flatMap((service) =>
      this.#names
        .get(service.name)!
        .map((name) => this.#process(name, service, databases.get(service.name)!, bootstrapFile)),
    );
    for (const service of this.#services) service.start();
    await Promise.all(this.#services.map((service) => service.ready()));
    this.#enter("ready");
  }

  /** The service of each process. */
  #entries(): ServiceEntry[] {
    return this.#options.services.flatMap((service) => this.#names.get(service.name)!.map(() => service));
  }

  /** Stops the services, then the servers. Safe to call at any time, more than once. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  async #stopInOrder(): Promise<void> {
    this.#enter("stopping");
    await Promise.all(this.#services.map((service) => service.stop()));
    await this.#starting.catch(() => {}); // whoever called start() was told
    await Promise.all(this.#servers.map((server) => server.stop()));
    for (const log of this.#logs.values()) log.close();
    this.memory.stop();
    this.#processes.clear();
    this.#enter("stopped");
    this.#release();
  }

  /** A start that is overtaken by a stop must not bring up what the stop has passed already. */
  #refuseWhenStopping(): void {
    if (!this.#stopped) return;
    throw new StackProblem("START_STOPPED", "the mesh was stopped while it started", "Start it again.");
  }

  async #startPostgres(): Promise<string> {
    const { stateDir, env, fresh } = this.#options;
    if (env.DATABASE_URL) return env.DATABASE_URL;
    const serverDir = openServerDir(stateDir, postgresUser());
    const start = () =>
      startPostgres({
        serverDir,
        port: this.#ports!.postgres,
        password: this.#secrets.postgresPassword,
        maxConnections: Math.max(MAX_CONNECTIONS, connectionsNeeded(this.#entries())),
        discardData: fresh === true && this.#urls.postgres === "",
        onLine: (line) => this.#log("postgres").add(line),
      });
    return (await this.#keep("postgres", start)).url;
  }

  async #startNats(): Promise<string> {
    const { stateDir, env, fresh } = this.#options;
    if (env.NATS_URL) {
      await checkJetStream(env.NATS_URL);
      if (fresh) await deleteStreams(env.NATS_URL);
      return env.NATS_URL;
    }
    const start = () =>
      startNats({
        binDir: join(stateDir, "bin"),
        storeDir: join(stateDir, "nats"),
        port: this.#ports!.nats,
        discardData: fresh === true && this.#urls.nats === "",
        onLine: (line) => this.#log("nats").add(line),
      });
    return (await this.#keep("nats", start)).url;
  }

  #keep(name: string, start: () => Promise<RunningServer>): Promise<RunningServer> {
    const keeper = new ServerKeeper({
      name,
      start,
      ...(this.#options.restartPolicy && { policy: this.#options.restartPolicy }),
      onStart: (server) => {
        this.#note(`${name}-guard`, server.process.pid);
        this.#note(name, server.pid);
      },
      onRestart: (delayMs) => this.#options.say(`${name} has ended; it is started again in ${delayMs} ms`),
      onGiveUp: this.#options.onFatal,
    });
    this.#servers.push(keeper);
    return keeper.start();
  }

  #process(
    name: string,
    service: ServiceEntry,
    database: DatabaseUrls,
    bootstrapFile: string,
  ): ServiceProcess {
    const { env, say, onFatal, restartPolicy } = this.#options;
    const own = serviceEnv({
      service,
      database,
      own: this.#ports!.services.get(name)!,
      endpoints: this.endpoints,
      natsUrl: this.#urls.nats,
      serviceKey: this.#secrets.services[service.name]!.apiKey,
      logLevel: env.LOG_LEVEL ?? "info",
      traceDir: tracesDirOf(this.#options.stateDir),
      identity:
        service.name === "identity"
          ? {
              bootstrapFile,
              masterKey: this.#secrets.identityMasterKey,
              erasureListFile: erasureListPath(this.#options.stateDir),
            }
          : undefined,
    });
    return new ServiceProcess({
      name,
      ...(restartPolicy && { policy: restartPolicy }),
      command: process.execPath,
      args: [
        "--max-semi-space-size=32",
        `--max-old-space-size=${service.heapMb}`,
        join(checkoutDir, service.main),
      ],
      cwd: checkoutDir,
      env: { ...laptopTracing, MARKETMESH_RELEASE: releaseText(), ...env, ...own },
      readyUrl: `http://127.0.0.1:${own.PORT}/readyz`,
      log: this.#log(name),
      onLine: (line) => this.#concerns(line) && say(readableLine(name, line)),
      onSpawn: (pid) => this.#note(name, pid),
      onRestart: (end, delayMs) => say(`${name} ended (${end}); it is started again in ${delayMs} ms`),
      onGiveUp: onFatal,
    });
  }

  #concerns(line: string): boolean {
    return isAlarming(line) && (this.#phase === "ready" || !isWarning(line));
  }

  #log(name: string): ProcessLog {
    const log = this.#logs.get(name) ?? new ProcessLog(logsDirOf(this.#options.stateDir), name);
    this.#logs.set(name, log);
    return log;
  }

  #note(name: string, pid: number): void {
    this.#processes.set(name, identify(pid));
    if (name === "postgres") this.memory.watchFamily(name, pid);
    else if (!name.endsWith("-guard")) this.memory.watch(name, pid);
    this.#enter(this.#phase);
  }

  #enter(phase: MeshState["phase"]): void {
    this.#phase = phase;
    const { stateDir, env } = this.#options;
    const metrics = [...(this.#ports?.services ?? [])].map(([name, p]) => [
      name,
      `http://127.0.0.1:${p.metricsPort}`,
    ]);
    writeState(stateDir, {
      supervisor: identify(process.pid),
      phase,
      startTime: this.#startTime,
      checkout: checkoutDir,
      logsDir: logsDirOf(stateDir),
      operatorKeyPath: this.operatorKey.path,
      endpoints: this.endpoints,
      addresses: this.addresses,
      metrics: Object.fromEntries(metrics),
      natsUrl: env.NATS_URL ? withoutCredentials(env.NATS_URL) : `nats://127.0.0.1:${this.#ports?.nats}`,
      postgresAddress: env.DATABASE_URL
        ? withoutCredentials(env.DATABASE_URL)
        : `127.0.0.1:${this.#ports?.postgres}`,
      processes: [...this.#processes].map(([name, identity]) => ({ name, ...identity })),
    });
  }
}

/** Where the processes' logs are. */
export function logsDirOf(stateDir: string): string {
  return join(stateDir, "logs");
}

/** Both servers start at once; when one fails, the other must have come up before it can be stopped. */
async function bothStarted(one: Promise<string>, other: Promise<string>): Promise<[string, string]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

function withoutCredentials(url: string): string {
  return url
    .split(",")
    .map((one) => (URL.canParse(one) ? new URL(one).host : ""))
    .join(",");
}

// A scenario makes a hundred thousand calls in a minute: one in a hundred is enough of them, beside the first in each second.
let release: string | undefined;

/** Version and commit of this checkout, which services keep with what they decide; asked of git once. */
function releaseText(): string {
  if (release === undefined) {
    const { version, commit } = releaseOf(checkoutDir);
    release = `${version} ${commit}`;
  }
  return release;
}

const laptopTracing = { OTEL_TRACES_SAMPLER_ARG: "0.01", TRACE_FILE_BYTES_MAX: String(16 * 1024 * 1024) };

function nameOf(service: ServiceEntry): string {
  return service.name;
}

/** Deletes what a finished or unfinished scenario left in the state folder, and what belongs to the databases that go. */
export function discardRuns(stateDir: string): void {
  rmSync(join(stateDir, "runs"), { recursive: true, force: true });
  setErasuresAside(stateDir, new Date());
  markRestored(stateDir);
}
