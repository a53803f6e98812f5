import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@marketmesh/contracts/grpc/health/v1";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { eventMigrations } from "@marketmesh/events";
import { migrate, rolesOf } from "@marketmesh/postgres";
import { createTestDatabase, openWay, type TestDatabase, testDatabaseUrl } from "@marketmesh/testkit/servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bind, type Env, type RunningService, start } from "../src/index.ts";
import { echo } from "./echo.ts";

const nobody = "http://127.0.0.1:1";
let folder: string;
let database: TestDatabase;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-start-"));
  addMigration("0001_create_things.sql", "create table things (id text)");
  database = await createTestDatabase({ service: "patient" });
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

function addMigration(name: string, text: string): void {
  writeFileSync(join(folder, name), `${text};\n`);
}
const migrations = () => pathToFileURL(`${folder}/`);
const migrateAll = () =>
  migrate(
    database.migratorUrl,
    [eventMigrations, { namespace: "testing", directory: migrations() }],
    rolesOf({ url: database.appUrl, backgroundUrl: database.backgroundUrl }),
  );

const bind: Bind = async (host) => {
  await host.events(await host.database({ migrations: migrations() }));
  host.serve(EchoService, echo({}));
};

interface Line {
  readonly msg: string;
  readonly url?: string;
  readonly for?: string;
}

/** Starts the service, and says where it listens as soon as it waits for something. */
function starting(env: Env) {
  const waits: Line[] = [];
  const first = Promise.withResolvers<Line>();
  const write = (text: string) => {
    const line: Line = JSON.parse(text);
    if (line.msg !== "waiting to start") return;
    waits.push(line);
    first.resolve(line);
  };
  const urls = { DATABASE_URL: database.appUrl, DATABASE_BACKGROUND_URL: database.backgroundUrl };
  const all = { ...urls, NATS_URL: "nats://127.0.0.1:1", MESH_IDENTITY_URL: nobody, ...env };
  const running = start("testing", bind, all, { write });
  return { running, waits, first: first.promise };
}

async function healthOf(url: string): Promise<Status[]> {
  const health = createClient(Health, createGrpcTransport({ baseUrl: url }));
  const names = ["liveness", "readiness", ""];
  return Promise.all(names.map(async (service) => (await health.check({ service })).status));
}

async function endWell(running: Promise<RunningService>): Promise<void> {
  const service = await running;
  await service.untilReady(AbortSignal.timeout(240_000));
  expect(await healthOf(service.url)).toEqual([Status.SERVING, Status.SERVING, Status.SERVING]);
  await service.close();
}

describe("without what it needs a service is alive, not ready, and waits", () => {
  test("for its database; broker and identity may be away all the time", async () => {
    await using way = await openWay(testDatabaseUrl(), "cut");
    const { running, waits, first } = starting({
      DATABASE_URL: way.by(database.appUrl),
      DATABASE_BACKGROUND_URL: way.by(database.backgroundUrl),
      DATABASE_MIGRATOR_URL: way.by(database.migratorUrl),
    });
    const { url = "", for: reason } = await first;
    expect(reason).toContain("ECONNREFUSED");
    expect(await healthOf(url)).toEqual([Status.SERVING, Status.NOT_SERVING, Status.NOT_SERVING]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const readyz = await fetch(`${url}/readyz`);
    expect([readyz.status, await readyz.text()]).toEqual([503, "not ready: start\n"]);
    for (const transport of [
      createConnectTransport({ httpVersion: "2", baseUrl: url }),
      createConnectTransport({ httpVersion: "1.1", baseUrl: url }),
      createGrpcTransport({ baseUrl: url }),
    ]) {
      const call = createClient(EchoService, transport).echoPublic({});
      await expect(call).rejects.toMatchObject({ code: Code.Unavailable });
    }
    await way.mend();
    await endWell(running);
    expect(waits).toHaveLength(1);
  });

  test("for its schema", async () => {
    const { running, first } = starting({});
    expect((await first).for).toBe(
      "the database is yet to be migrated: it lacks postgres/0001_create_row_security.sql",
    );
    await migrateAll();
    await endWell(running);
  });

  test("for the last migration of its release", async () => {
    await migrateAll();
    addMigration("0002_add_name.sql", "alter table things add name text");
    const { running, first } = starting({});
    expect((await first).for).toContain("it lacks testing/0002_add_name.sql");
    await migrateAll();
    await endWell(running);
  });
});

test.each(["itself", "another"])("runs over the schema of a later release when %s migrates", async (who) => {
  addMigration("0002_add_name.sql", "alter table things add name text");
  await migrateAll();
  rmSync(join(folder, "0002_add_name.sql"));
  const env: Env = who === "itself" ? { DATABASE_MIGRATOR_URL: database.migratorUrl } : {};
  await endWell(starting(env).running);
});
