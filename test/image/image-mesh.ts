import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { freePort } from "@marketmesh/dev-stack/servers";
import { SERVICES } from "@marketmesh/dev-stack/service-table";
import {
  createTestDatabase,
  type TestDatabase,
  testDatabaseUrl,
  testNatsUrl,
} from "@marketmesh/testkit/servers";
import { ContainedProcess, type End } from "./contained-process.ts";
import type { ImageRoot } from "./image-root.ts";

type Env = Readonly<Record<string, string>>;

/** Every service from its bundle, on databases and streams of its own; started one by one. */
export class ImageMesh implements AsyncDisposable {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly operatorKey: string = apiKey();
  readonly #root: ImageRoot;
  readonly #envs: ReadonlyMap<string, Env>;
  readonly #databases: ReadonlyMap<string, TestDatabase>;
  readonly #processes = new Map<string, ContainedProcess>();

  private constructor(
    root: ImageRoot,
    databases: ReadonlyMap<string, TestDatabase>,
    ports: ReadonlyMap<string, number>,
  ) {
    this.#root = root;
    this.#databases = databases;
    this.endpoints = Object.fromEntries(
      [...ports].slice(0, names.length).map(([name, port]) => [name, `http://127.0.0.1:${port}`]),
    );
    const keys = new Map(names.map((name) => [name, apiKey()]));
    this.#writeBootstrap(keys);
    const namespace = `image-${randomBytes(4).toString("hex")}`;
    this.#envs = new Map(names.map((name) => [name, this.#envOf(name, ports, keys.get(name)!, namespace)]));
  }

  static async create(root: ImageRoot): Promise<ImageMesh> {
    const databases = await Promise.all(
      names.map(async (service) => [service, await createTestDatabase({ service })] as const),
    );
    const ports = new Map<string, number>();
    for (const name of [...names, ...names.map(metricsOf)]) ports.set(name, await freePort());
    return new ImageMesh(root, new Map(databases), ports);
  }

  get services(): readonly string[] {
    return names;
  }

  /** The database of a service, as its owner. */
  ownerUrl(service: string): string {
    return this.#databases.get(service)!.migratorUrl;
  }

  /** The same database with the eyes of the server's owner. */
  adminUrl(service: string): string {
    const url = new URL(testDatabaseUrl());
    url.pathname = `/${this.#databases.get(service)!.name}`;
    return url.href;
  }

  /** Starts a service that has no access but that of its app and background roles. */
  start(service: string, extra: Env = {}): ContainedProcess {
    const started = new ContainedProcess(this.#root, service, [], { ...this.#envs.get(service)!, ...extra });
    this.#processes.set(service, started);
    return started;
  }

  process(service: string): ContainedProcess {
    return this.#processes.get(service)!;
  }

  /** Runs `main.mjs migrate` of a service. */
  migrate(service: string): Promise<End> {
    const env = { ...this.#envs.get(service)!, DATABASE_MIGRATOR_URL: this.ownerUrl(service) };
    return new ContainedProcess(this.#root, service, ["migrate"], env).ended;
  }

  /** Runs `main.mjs healthcheck` of a service. */
  async health(service: string): Promise<number | null> {
    const { HOST, PORT } = this.#envs.get(service)!;
    const env = { HOST: HOST!, PORT: PORT! };
    return (await new ContainedProcess(this.#root, service, ["healthcheck"], env).ended).status;
  }

  /** Asks a service's image for what it cannot do. */
  unknown(service: string): Promise<End> {
    return new ContainedProcess(this.#root, service, ["dance"], {}).ended;
  }

  /** Runs the `marketmesh` command of an image against the mesh. */
  command(...args: string[]): Promise<End> {
    const url = Object.entries(this.endpoints).map(([name, at]) => `${name}=${at}`);
    const env = {
      MARKETMESH_URL: url.join(","),
      MARKETMESH_API_KEY: this.operatorKey,
      MARKETMESH_STATE_DIR: this.#root.stateDir,
    };
    return new ContainedProcess(this.#root, "cli", args, env).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#processes.values()) one.kill();
    await Promise.all([...this.#processes.values()].map(({ ended }) => ended));
    await Promise.all([...this.#databases.values()].map((database) => database.drop()));
  }

  #envOf(name: string, ports: ReadonlyMap<string, number>, serviceKey: string, namespace: string): Env {
    const { appUrl, backgroundUrl } = this.#databases.get(name)!;
    const mesh = Object.entries(this.endpoints).map(([of, url]) => [`MESH_${of.toUpperCase()}_URL`, url]);
    return {
      ...Object.fromEntries(mesh),
      HOST: "127.0.0.1",
      PORT: String(ports.get(name)),
      METRICS_PORT: String(ports.get(metricsOf(name))),
      DATABASE_URL: appUrl,
      DATABASE_BACKGROUND_URL: backgroundUrl,
      NATS_URL: testNatsUrl(),
      EVENTS_NAMESPACE: namespace,
      EVENTS_STREAM_BYTES_MAX: String(64 * 1024 * 1024),
      SERVICE_KEY: serviceKey,
      // Everything shares the cores of one machine.
      QUEUE_DELAY_MS: "0",
      ...(name === "identity" && {
        IDENTITY_BOOTSTRAP_FILE: this.#root.inside(bootstrapFile),
        IDENTITY_MASTER_KEY: randomBytes(32).toString("hex"),
      }),
    };
  }

  #writeBootstrap(keys: ReadonlyMap<string, string>): void {
    const all = [["operator", this.operatorKey] as const, ...keys];
    const principals = all.map(([name, key]) => ({
      principal: `serviceAccounts/${name}`,
      keySha256: createHash("sha256").update(key).digest("hex"),
      roles: [name === "operator" ? "operator" : "service"],
    }));
    const path = this.#root.onHost(bootstrapFile);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(principals), { mode: 0o444 });
  }
}

const names = SERVICES.map(({ name }) => name);
const bootstrapFile = "/etc/marketmesh/bootstrap.json";

function metricsOf(name: string): string {
  return `${name}-metrics`;
}

function apiKey(): string {
  return `mmk_${randomBytes(32).toString("base64url")}`;
}
