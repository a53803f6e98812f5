import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  canReach,
  checkoutDir,
  freePort,
  postgresUser,
  type RunningServer,
  startNats,
  startPostgres,
  stateDirOf,
} from "@marketmesh/dev-stack/servers";
import { dropRun } from "./test-database.ts";

const ATTEMPTS_MAX = 3;
// The broker reserves what each stream may grow to, and a whole run makes hundreds that stay nearly empty.
const storeBytesMax = 2 ** 40;

/**
 * vitest's globalSetup: one Postgres and one nats-server for the whole run, in a folder of its own that is removed
 * afterwards. `DATABASE_URL` and `NATS_URL` name servers to use instead.
 */
export async function setup(): Promise<() => Promise<void>> {
  process.env.TEST_RUN_ID = Date.now().toString(36) + process.pid.toString(36);
  const folders: string[] = [];
  const running = await Promise.all([postgres(folders), nats(folders)]);
  return async () => {
    if (process.env.DATABASE_URL) await dropRun();
    await Promise.all(running.map((server) => server?.stop()));
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
}

async function postgres(folders: string[]): Promise<RunningServer | undefined> {
  if (process.env.DATABASE_URL) {
    process.env.TEST_DATABASE_URL = process.env.DATABASE_URL;
    return undefined;
  }
  const serverDir = reachableFolder(folders);
  const server = await withFreePort((port) =>
    startPostgres({
      serverDir,
      port,
      password: "test-only",
      durable: false,
      maxConnections: 400,
      settings: { max_wal_size: "4GB", autovacuum: "off" },
      removeAfter: serverDir,
    }),
  );
  process.env.TEST_DATABASE_URL = server.url;
  return server;
}

async function nats(folders: string[]): Promise<RunningServer | undefined> {
  if (process.env.NATS_URL) {
    process.env.TEST_NATS_URL = process.env.NATS_URL;
    return undefined;
  }
  const binDir = join(stateDirOf(checkoutDir, process.env), "bin");
  const storeDir = mkdtempSync(join(tmpdir(), "marketmesh-test-nats-"));
  folders.push(storeDir);
  const server = await withFreePort((port) =>
    startNats({ binDir, storeDir, port, removeAfter: storeDir, storeBytesMax }),
  );
  process.env.TEST_NATS_URL = server.url;
  return server;
}

/** A folder that Postgres' user can reach even when TMPDIR is private. */
function reachableFolder(folders: string[]): string {
  const user = postgresUser();
  for (const parent of [tmpdir(), "/tmp", "/var/tmp"]) {
    const folder = mkdtempSync(join(parent, "marketmesh-test-pg-"));
    folders.push(folder);
    chmodSync(folder, 0o711);
    if (user === undefined) return folder;
    chownSync(folder, user.uid, user.gid); // its guard, which is that user too, removes it
    if (canReach(user, folder)) return folder;
  }
  throw new Error("user postgres can reach none of TMPDIR, /tmp and /var/tmp");
}

/** Another run may take a free port before the server does. */
async function withFreePort(start: (port: number) => Promise<RunningServer>): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "PORT_TAKEN";
      if (!taken || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}
