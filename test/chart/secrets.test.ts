import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabaseUrl } from "@marketmesh/testkit/servers";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "vitest";
import { makeSecrets } from "../../packages/cli/src/secrets/make-secrets.ts";
import { serviceNames } from "./edges.ts";
import { type KubeObject, release, renderedSet } from "./helm.ts";
import { ofKind, workloads } from "./rendered.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-secrets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The set that has most of what reads secrets.
const objects = renderedSet("production");

const read = (path: string) => readFileSync(join(folder, path), "utf8");

describe("marketmesh secrets", () => {
  it("makes every secret and key that the chart reads", () => {
    make(serviceNames, release);
    const read = [...new Set(secretsRead(objects))].filter((path) => !/-(tls|ca)\//.test(path));
    expect(read.length).toBeGreaterThan(serviceNames.length * 5);
    expect(read.filter((path) => !existsSync(join(folder, path)))).toStrictEqual([]);
  });

  it("leads to the services that the chart makes", () => {
    const names = ofKind(objects, "Service").map(({ metadata }) => metadata.name);
    expect(names).toContain(new URL(read(`${release}-catalog/nats-url`)).hostname);
    // CloudNativePG makes a service <cluster>-rw.
    const [cluster] = ofKind(objects, "Cluster");
    expect(read(`${release}-catalog/database-url`)).toContain(`@${cluster!.metadata.name}-rw:5432/`);
  });

  it("writes statements that make databases which only their own roles enter", async () => {
    const services = ["chartone", "charttwo"];
    const { hostname, port } = new URL(testDatabaseUrl());
    make(services, "sql", `${hostname}:${port}`);
    await using admin = connection(testDatabaseUrl());
    const statements = read("databases.sql")
      .split("\n")
      .filter((line) => /(one|two)/.test(line) && !line.startsWith("--"));
    try {
      // What is there already is refused and left: a second run changes nothing.
      for (const statement of statements) await admin.sql.unsafe(statement);
      for (const statement of statements) await admin.sql.unsafe(statement).catch(expectExisting);
      await using owner = connection(read("sql-chartone/database-migrator-url"));
      await owner.sql`create table shelves (id int)`;
      await owner.sql`grant select on shelves to mm_chartone_app`;
      await using app = connection(read("sql-chartone/database-url"));
      expect(await app.sql`select count(*)::int as count from shelves`).toMatchObject([{ count: 0 }]);
      await using stranger = connection(
        read("sql-charttwo/database-url").replace("/marketmesh_charttwo", "/marketmesh_chartone"),
      );
      await expect(stranger.sql`select 1`).rejects.toThrow(/permission denied for database/);
    } finally {
      for (const service of services) await forget(admin.sql, service);
    }
  });
});

function make(services: readonly string[], name: string, databaseHost = `${release}-postgres-rw:5432`) {
  const host = {
    databaseHost,
    databaseReadHost: databaseHost,
    databaseParameters: "",
    natsHost: `${release}-nats:4222`,
  };
  return makeSecrets({ folder, release: name, services, ...host });
}

/** `<secret>/<key>` of everything that pods and roles read. */
function secretsRead(objects: readonly KubeObject[]): string[] {
  const pods = workloads(objects).flatMap(({ spec }) => {
    const { containers, volumes = [] } = spec.template.spec;
    const env = containers.flatMap(({ env = [] }) =>
      env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
    );
    const files = volumes.flatMap(({ secret }) =>
      (secret?.items ?? []).map(({ key }) => ({ name: secret!.secretName, key })),
    );
    return [...env, ...files].map(({ name, key }) => `${name}/${key}`);
  });
  const roles = ofKind(objects, "Cluster").flatMap(({ spec }) => (spec as RolesOfCluster).managed.roles);
  return [
    ...pods,
    ...roles.flatMap(({ passwordSecret: { name } }) => [`${name}/username`, `${name}/password`]),
  ];
}

interface RolesOfCluster {
  readonly managed: { readonly roles: readonly { readonly passwordSecret: { readonly name: string } }[] };
}

function connection(url: string): AsyncDisposable & { readonly sql: postgres.Sql } {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}

function expectExisting(error: { code?: string }): void {
  // duplicate_object, duplicate_database
  expect(["42710", "42P04"]).toContain(error.code);
}

async function forget(admin: postgres.Sql, service: string): Promise<void> {
  await admin.unsafe(`drop database if exists marketmesh_${service} with (force)`);
  for (const role of ["owner", "app", "background"])
    await admin.unsafe(`drop role if exists mm_${service}_${role}`);
}
