import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../src/servers/free-port.ts";
import { type RunningServer, startPostgres } from "../src/servers/postgres.ts";
import { newStateDir, removeStateDir, startSupervised } from "./fixtures/supervised.ts";

const stateDir = newStateDir();
// A server of our own: roles belong to a whole server, and the run's shared one serves other tests' roles.
const serverDir = mkdtempSync(join(tmpdir(), "marketmesh-test-outside-"));
let server: RunningServer;
let meshAdmin: URL;

beforeAll(async () => {
  chmodSync(serverDir, 0o711);
  const port = await freePort();
  server = await startPostgres({
    serverDir,
    port,
    password: "test-only",
    durable: false,
    removeAfter: serverDir,
  });
  await admin((sql) => sql`CREATE ROLE mesh_admin LOGIN CREATEDB CREATEROLE PASSWORD 'test-only'`);
  meshAdmin = new URL(server.url);
  meshAdmin.username = "mesh_admin";
});
afterAll(async () => {
  await server?.stop();
  removeStateDir(stateDir);
  rmSync(serverDir, { recursive: true, force: true });
});

test("uses servers that exist, with a role that is no superuser; --fresh empties them", async () => {
  const env = { DATABASE_URL: meshAdmin.href, NATS_URL: process.env.TEST_NATS_URL };
  expect(await startSupervised(stateDir, ["--exit"], env).ended).toBe(0);
  const owned = await admin(
    (sql) =>
      sql`SELECT datname, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname LIKE 'marketmesh_%'`,
  );
  expect(owned).toEqual([
    { datname: "marketmesh_identity", owner: "mm_identity_owner" },
    { datname: "marketmesh_probe", owner: "mm_probe_owner" },
  ]);
  const before = await databaseOid("marketmesh_probe");
  expect(await startSupervised(stateDir, ["--exit"], env).ended).toBe(0);
  expect(await databaseOid("marketmesh_probe")).toBe(before);
  // Streams are deleted where NATS_URL points: not on the run's shared server.
  const fresh = startSupervised(stateDir, ["--exit", "--fresh"], { DATABASE_URL: env.DATABASE_URL });
  expect(await fresh.ended, fresh.output.join("\n")).toBe(0);
  expect(await databaseOid("marketmesh_probe")).not.toBe(before);
});

test("names a server that cannot be reached and a role that may too little", async () => {
  await admin((sql) => sql`CREATE ROLE weak LOGIN PASSWORD 'test-only'`);
  const weak = meshAdmin.href.replace("mesh_admin", "weak");
  const nobody = "127.0.0.1:1";
  const cases = [
    [
      "DATABASE_UNREACHABLE",
      { DATABASE_URL: `postgres://a:b@${nobody}/x`, NATS_URL: process.env.TEST_NATS_URL },
    ],
    ["NATS_UNREACHABLE", { DATABASE_URL: server.url, NATS_URL: `nats://${nobody}` }],
    ["DATABASE_PRIVILEGE", { DATABASE_URL: weak, NATS_URL: process.env.TEST_NATS_URL }],
  ] as const;
  for (const [code, env] of cases) {
    const start = startSupervised(stateDir, ["--exit"], env);
    await start.line(`${code}: `);
    expect(await start.ended).toBe(1);
  }
});

async function databaseOid(name: string): Promise<unknown> {
  const [row] = await admin((sql) => sql`SELECT oid FROM pg_database WHERE datname = ${name}`);
  return row?.oid;
}

async function admin<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(server.url, { max: 1 });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
