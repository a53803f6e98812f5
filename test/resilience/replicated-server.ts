import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  canReach,
  createServiceDatabase,
  createServiceRoles,
  databaseUrls,
  freePort,
  postgresUser,
  type RunningServer,
  startPostgres,
} from "@marketmesh/dev-stack/servers";
import postgres from "postgres";

const password = "test-only";

/** A Postgres with a standby that streams from it, each of which can be stopped and started again. */
export interface ReplicatedServer extends AsyncDisposable {
  readonly urls: ReturnType<typeof databaseUrls>;
  /** What DATABASE_READ_URL is. */
  readonly readUrl: string;
  stop(which: "primary" | "replica"): Promise<void>;
  start(which: "primary" | "replica"): Promise<void>;
}

/** The standby is a copy of the primary's data, made while that is down. */
export async function startReplicatedServer(service: string): Promise<ReplicatedServer> {
  const folder = reachableFolder();
  const ports = { primary: await freePort(), replica: await freePort() };
  const running = new Map<string, RunningServer>();
  const dataDir = (which: string) => join(folder, which);
  const start = async (which: keyof typeof ports) => {
    const upstream = `host=127.0.0.1 port=${ports.primary} user=postgres password=${password}`;
    const server = await startPostgres({
      serverDir: folder,
      dataDir: dataDir(which),
      port: ports[which],
      password,
      durable: false,
      ...(which === "replica" && { settings: { primary_conninfo: upstream } }),
    });
    running.set(which, server);
    return server;
  };
  const stop = async (which: keyof typeof ports) => {
    await running.get(which)?.stop();
    running.delete(which);
  };
  const primary = await start("primary");
  const admin = postgres(primary.url, { max: 1, onnotice: () => {} });
  await createServiceRoles(admin, service, { owner: password, app: password, background: password });
  await createServiceDatabase(admin, service, { name: "replicated" });
  await admin.end();
  await stop("primary");
  const copied = spawnSync("cp", ["-a", dataDir("primary"), dataDir("replica")]);
  if (copied.status !== 0) throw new Error(`the data was not copied: ${copied.stderr}`);
  writeFileSync(join(dataDir("replica"), "standby.signal"), "");
  await Promise.all([start("primary"), start("replica")]);
  const passwords = { owner: password, app: password, background: password };
  return {
    urls: databaseUrls(primary.url, service, "replicated", passwords),
    readUrl: `postgres://127.0.0.1:${ports.replica}`,
    stop,
    start: async (which) => void (await start(which)),
    async [Symbol.asyncDispose]() {
      await stop("replica");
      await stop("primary");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function reachableFolder(): string {
  const user = postgresUser();
  for (const parent of [tmpdir(), "/tmp", "/var/tmp"]) {
    const folder = mkdtempSync(join(parent, "marketmesh-replica-"));
    chmodSync(folder, 0o711);
    if (user === undefined) return folder;
    chownSync(folder, user.uid, user.gid);
    if (canReach(user, folder)) return folder;
    rmSync(folder, { recursive: true });
  }
  throw new Error("user postgres can reach none of TMPDIR, /tmp and /var/tmp");
}
