import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectedMesh, connectMesh } from "@marketmesh/cli/connect";
import { Mesh, type Replicas, SERVICES } from "@marketmesh/dev-stack/mesh";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { connect, type NatsConnection } from "nats";
import postgres, { type Sql } from "postgres";
import { ArmedPoints } from "./armed-points.ts";
import type { Bundles } from "./bundled.ts";

const patienceMs = 240_000;
const backMs = 240_000;
// Kills are the point here: the mesh never gives up, and waits no longer for the fifth than for the first.
const restartPolicy = { endsMax: 1_000, windowMs: 60_000, delayMsMin: 250, delayMsMax: 250 };

/** A mesh as `npm start` runs it, but from bundles, one process or several for each service, whose processes can be killed. */
export class FaultMesh implements AsyncDisposable {
  readonly points: ArmedPoints;
  /** What the supervisor told, for a failing test to show. */
  readonly said: string[] = [];
  readonly #folder: string;
  readonly #stack: Mesh;

  private constructor(folder: string, { services }: Bundles, replicas: Replicas) {
    this.#folder = folder;
    this.points = new ArmedPoints(join(folder, "points"));
    const { DATABASE_URL: _d, NATS_URL: _n, MARKETMESH_PORT_BASE: _p, ...env } = process.env;
    this.#stack = new Mesh({
      stateDir: join(folder, "state"),
      services,
      env: {
        ...env,
        LOG_LEVEL: "warn",
        MARKETMESH_FAULT_POINTS: this.points.folder,
        // What takes minutes by default takes seconds here.
        IDENTITY_JWKS_REFRESH_MS: "1000",
        EVENTS_AUDIT_AFTER_MS: "1000",
        EVENTS_AUDIT_EVERY_MS: "500",
      },
      replicas,
      restartPolicy,
      say: (line) => this.said.push(line),
      onFatal: (problem) => this.said.push(String(problem)),
    });
  }

  static async start(bundles: Bundles, replicas: Replicas = {}): Promise<FaultMesh> {
    const folder = mkdtempSync(join(tmpdir(), "marketmesh-faults-"));
    chmodSync(folder, 0o711);
    const fetched = join(checkoutDir, ".marketmesh", "bin", "nats-server");
    mkdirSync(join(folder, "state", "bin"), { recursive: true });
    if (existsSync(fetched)) copyFileSync(fetched, join(folder, "state", "bin", "nats-server"));
    const mesh = new FaultMesh(folder, bundles, replicas);
    try {
      await mesh.#stack.start();
      return mesh;
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Clients of the operator that wait for what is away. */
  connect(): ConnectedMesh {
    return connectMesh(this.#stack.endpoints, this.#stack.operatorKey.key, { patienceMs });
  }

  get services(): string[] {
    return SERVICES.map(({ name }) => name);
  }

  /** The names of a service's processes. */
  processesOf(service: string): string[] {
    return Object.keys(this.#stack.addresses).filter((name) => name.replace(/-\d+$/, "") === service);
  }

  /** Whether a process has no other of its service beside it. */
  isAlone(process: string): boolean {
    return this.processesOf(process.replace(/-\d+$/, "")).length < 2;
  }

  pidOf(process: string): number {
    const found = this.#stack.processes.find(({ name }) => name === process);
    if (found === undefined) throw new Error(`there is no process ${process}`);
    return found.pid;
  }

  nameOf(pid: number): string | undefined {
    return this.#stack.processes.find((one) => one.pid === pid)?.name;
  }

  /** When another process has taken the place of the one with that pid, and does its work. */
  async back(name: string, pid: number): Promise<number> {
    const endMs = performance.now() + backMs;
    while (this.pidOf(name) === pid || !(await this.#serves(name).catch(() => false))) {
      if (performance.now() > endMs) throw new Error(`${name} is not back after ${backMs / 1_000} s`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return performance.now();
  }

  async #serves(name: string): Promise<boolean> {
    if (name === "postgres") return this.sql("identity", async (sql) => (await sql`select 1`).length === 1);
    if (name === "nats")
      return (await Promise.all(this.services.map((one) => this.#allPublished(one)))).every(Boolean);
    const { status } = await fetch(`${this.#stack.addresses[name]}/readyz`, {
      signal: AbortSignal.timeout(5_000),
    });
    return status === 200;
  }

  #allPublished(service: string): Promise<boolean> {
    return this.sql(service, async (sql) => {
      return (await sql`select from marketmesh.outbox where publish_time is null limit 1`).length === 0;
    });
  }

  /** kill -9 of a process or server, by its name; answers when. */
  kill(process_: string): number {
    process.kill(this.pidOf(process_), "SIGKILL");
    return performance.now();
  }

  /** The metrics of one process, as text. */
  async metrics(name: string): Promise<string> {
    const { metrics } = this.#state();
    return (await fetch(`${metrics[name]}/metrics`, { signal: AbortSignal.timeout(60_000) })).text();
  }

  /** A service's database, with the eyes of the server's owner. */
  async sql<T>(service: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    const secrets = JSON.parse(readFileSync(join(this.#folder, "state", "secrets.json"), "utf8"));
    const { postgresAddress } = this.#state();
    const url = `postgres://postgres:${encodeURIComponent(secrets.postgresPassword)}@${postgresAddress}/marketmesh_${service}`;
    // A connection that is lost while it fetches types rejects where nobody listens.
    const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false });
    try {
      return await work(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  async nats<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    const connection = await connect({ servers: this.#state().natsUrl, timeout: 60_000 });
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** Stops everything. Throws when a process of the mesh is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.stop();
    const left = processesThatName(this.#folder);
    if (left.length > 0) throw new Error(`processes are left: ${left.join(", ")}`);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #state() {
    return JSON.parse(readFileSync(join(this.#folder, "state", "state.json"), "utf8")) as {
      readonly postgresAddress: string;
      readonly natsUrl: string;
      readonly metrics: Readonly<Record<string, string>>;
    };
  }
}

/** Processes whose command or environment names the folder, this one left out. Linux only. */
function processesThatName(folder: string): string[] {
  if (process.platform !== "linux") return [];
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
