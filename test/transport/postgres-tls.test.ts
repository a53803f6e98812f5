import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { freePort, postgresUser, type RunningServer, startPostgres } from "@marketmesh/dev-stack/servers";
import { openClient, openDedicatedSession, pgConnectionOptions } from "@marketmesh/postgres";
import { start } from "@marketmesh/service-host";
import { createTestAuthority } from "@marketmesh/testkit";
import { sql } from "drizzle-orm";
import pg from "pg";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrateJobs } from "../../services/fulfillment/src/jobs/migrate-jobs.ts";

const authority = createTestAuthority();
const stranger = createTestAuthority("somebody else's authority");
const folder = reachableFolder();
const file = (name: string, text: string, mode = 0o644) => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  const user = postgresUser();
  if (user) chownSync(path, user.uid, user.gid);
  return path;
};
const caFile = file("ca.crt", authority.ca);
const strangerFile = file("stranger.crt", stranger.ca);

let server: RunningServer;
let admin: Sql;
beforeAll(async () => {
  // The certificate is for a name that 127.0.0.1 is not, and for one that leads there.
  const { cert, key } = authority.issue({ names: ["localhost"] });
  server = await startPostgres({
    serverDir: folder,
    port: await freePort(),
    password: "test-only",
    durable: false,
    maxConnections: 40,
    settings: {
      ssl: "on",
      ssl_cert_file: file("server.crt", cert),
      ssl_key_file: file("server.key", key, 0o600),
      ssl_ca_file: caFile,
      shared_buffers: "16MB",
    },
  });
  admin = await openClient(server.url, "admin");
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (host: string, query: string, database = "postgres") =>
  `postgres://postgres:test-only@${host}:${server.port}/${database}?${query}`;
const isEncrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

/** Whether the connection is encrypted, by both drivers; their failures where they refuse. */
async function encryptedBy(url: string): Promise<unknown[]> {
  const byPostgresJs = async () => {
    await using session = await openDedicatedSession(url, { applicationName: "test" });
    return (await session.query(isEncrypted))[0]?.ssl;
  };
  const byPg = async () => {
    const client = new pg.Client(pgConnectionOptions(url));
    try {
      await client.connect();
      return (await client.query(isEncrypted)).rows[0].ssl;
    } finally {
      await client.end();
    }
  };
  const tellFailure = (cause: Error) =>
    `${cause.message} ${(cause.cause as Error | undefined)?.message ?? ""}`;
  return await Promise.all([byPostgresJs().catch(tellFailure), byPg().catch(tellFailure)]);
}

describe("a Postgres with TLS", () => {
  test.each([
    ["localhost", "sslmode=disable", false],
    ["127.0.0.1", "sslmode=require", true],
    ["127.0.0.1", "sslmode=verify-ca", true, caFile],
    ["localhost", "sslmode=verify-full", true, caFile],
  ])("%s?%s: both drivers connect", async (host, query, encrypted, ca?: string) => {
    const url = at(host, ca ? `${query}&sslrootcert=${ca}` : query);
    expect(await encryptedBy(url)).toEqual([encrypted, encrypted]);
  });

  test.each([
    [
      "an authority that is not trusted",
      "localhost",
      `sslmode=verify-ca&sslrootcert=${strangerFile}`,
      /certificate/,
    ],
    ["no authority of ours", "localhost", "sslmode=verify-full", /certificate/],
    ["a name that is not the host's", "127.0.0.1", `sslmode=verify-full&sslrootcert=${caFile}`, /altnames/],
  ])("%s: both drivers refuse", async (_, host, query, words) => {
    expect(await encryptedBy(at(host, query))).toEqual([
      expect.stringMatching(words),
      expect.stringMatching(words),
    ]);
  });

  test("several hosts: the first that is there, and takes writes where that is asked", async () => {
    const nobody = await freePort();
    const hosts = `127.0.0.1:${nobody},localhost`;
    const query = `sslmode=verify-full&sslrootcert=${caFile}&target_session_attrs=read-write`;
    const open = () => openDedicatedSession(at(hosts, query), { applicationName: "test" });
    {
      await using session = await open();
      expect(await session.query(isEncrypted)).toEqual([{ ssl: true }]);
    }
    await admin`alter role postgres set default_transaction_read_only = on`;
    try {
      await expect(open()).rejects.toThrow("the database is unavailable");
    } finally {
      await admin`set transaction_read_only = off; alter role postgres reset default_transaction_read_only`.simple();
    }
  });
});

test("passwords come from files: one that changes is used by a running service's next connections", async () => {
  const passwordFile = file("password", "first\n");
  await admin`create role rotated login password 'first'`;
  await admin`create role behind login password 'first'`;
  await admin`create role keeper login password 'first' createrole`;
  await admin`create database rotation owner keeper`;
  const url = (role: string) =>
    `postgres://${role}@localhost:${server.port}/rotation?sslmode=verify-full&sslrootcert=${caFile}`;
  await using service = await start(
    "testing",
    async (host) => {
      const folderOfNone = new URL(`file://${join(folder, "migrations")}/`);
      mkdirSync(folderOfNone, { recursive: true });
      const database = await host.database({ migrations: folderOfNone });
      host.serve(EchoService, {
        async echoPublic() {
          const [row] = await database.background((tx) =>
            tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`),
          );
          return { text: String(row?.pid), server: "" };
        },
      } as never);
    },
    {
      MESH_IDENTITY_URL: "http://127.0.0.1:9",
      DATABASE_URL: url("rotated"),
      DATABASE_PASSWORD_FILE: passwordFile,
      DATABASE_BACKGROUND_URL: url("behind"),
      DATABASE_BACKGROUND_PASSWORD_FILE: passwordFile,
      DATABASE_MIGRATOR_URL: url("keeper"),
      DATABASE_MIGRATOR_PASSWORD_FILE: passwordFile,
      DATABASE_BACKGROUND_POOL_MAX: "1",
    },
    { write: () => {} },
  );
  const ask = async () => {
    const response = await fetch(`${service.url}/marketmesh.testing.v1.EchoService/EchoPublic`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    return (await response.json()) as { text?: string; code?: string };
  };
  const before = (await ask()).text;
  expect(before).toMatch(/^\d+$/);
  await migrateJobs(`${url("keeper")}&passwordfile=${passwordFile}`, "behind");

  await admin`alter role behind password 'second'`;
  expect((await ask()).text).toBe(before);
  writeFileSync(passwordFile, "second\n");
  await admin`select pg_terminate_backend(${before ?? ""}::int)`;
  await expect.poll(async () => (await ask()).text ?? "away", { timeout: 240_000 }).toMatch(/^\d+$/);
  expect((await ask()).text).not.toBe(before);
  await service.close();
});

/** A folder that Postgres' user can reach. */
function reachableFolder(): string {
  const made = mkdtempSync(join(tmpdir(), "marketmesh-transport-pg-"));
  chmodSync(made, 0o711);
  const user = postgresUser();
  if (user) chownSync(made, user.uid, user.gid);
  return made;
}
