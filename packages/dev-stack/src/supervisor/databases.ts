import { connect, type JetStreamManager } from "nats";
import postgres, { type Sql } from "postgres";
import { StackProblem } from "../problem.ts";
import {
  createServiceDatabase,
  createServiceRoles,
  type DatabaseUrls,
  databaseUrls,
  roleNames,
} from "../servers/service-database.ts";
import type { Secrets } from "./secrets.ts";

/** The database of a service. */
export function databaseName(service: string): string {
  return `marketmesh_${service}`;
}

/**
 * Creates what the services lack on a server: roles and databases. `adminUrl` needs CREATEDB and CREATEROLE.
 *
 * Throws DATABASE_UNREACHABLE, DATABASE_PRIVILEGE.
 */
export async function prepareDatabases(
  adminUrl: string,
  services: readonly string[],
  secrets: Secrets,
  nameOf: (service: string) => string = databaseName,
): Promise<Map<string, DatabaseUrls>> {
  const urls = new Map<string, DatabaseUrls>();
  await withAdmin(adminUrl, async (admin) => {
    for (const service of services) {
      const { passwords } = secrets.services[service]!;
      await createServiceRoles(admin, service, passwords);
      await createServiceDatabase(admin, service, { name: nameOf(service) });
      urls.set(service, databaseUrls(adminUrl, service, nameOf(service), passwords));
    }
  });
  return urls;
}

/** Throws DATABASE_TOO_SMALL when a server that is not ours allows fewer connections than the services' pools may open. */
export async function checkConnections(adminUrl: string, needed: number): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    const [row] = await admin<{ max: number }[]>`select current_setting('max_connections')::int as max`;
    if (row!.max >= needed) return;
    throw new StackProblem(
      "DATABASE_TOO_SMALL",
      `DATABASE_URL allows ${row!.max} connections, the services may open ${needed}`,
      `Set max_connections to at least ${needed} on that server and restart it.`,
    );
  });
}

/** Drops the services' databases on a server that is not ours to delete. */
export async function dropDatabases(adminUrl: string, services: readonly string[]): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    for (const service of services) {
      roleNames(service); // refuses a name that could not be quoted safely
      await admin.unsafe(`DROP DATABASE IF EXISTS "${databaseName(service)}" WITH (FORCE)`);
    }
  });
}

/** Which of the databases exist. */
export async function existingDatabases(adminUrl: string, names: readonly string[]): Promise<string[]> {
  let found: string[] = [];
  await withAdmin(adminUrl, async (admin) => {
    const rows = await admin<
      { datname: string }[]
    >`select datname from pg_database where datname = any(${[...names]})`;
    found = rows.map(({ datname }) => datname);
  });
  return found;
}

/** Drops a database, if it exists, whoever is connected to it. */
export async function discardDatabase(adminUrl: string, name: string): Promise<void> {
  await withAdmin(
    adminUrl,
    async (admin) => void (await admin`drop database if exists ${admin(name)} with (force)`),
  );
}

/** Nobody may be connected to it. */
export async function renameDatabase(adminUrl: string, name: string, to: string): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    await admin`alter database ${admin(name)} rename to ${admin(to)}`;
  });
}

/** Deletes the mesh's streams on a server that is not ours to delete. Throws NATS_UNREACHABLE. */
export async function deleteStreams(natsUrl: string): Promise<void> {
  await withJetStream(natsUrl, async ({ streams }) => {
    for await (const stream of streams.list("marketmesh.>")) await streams.delete(stream.config.name);
  });
}

/** Throws NATS_UNREACHABLE when the server does not answer, or has no JetStream. */
export async function checkJetStream(natsUrl: string): Promise<void> {
  await withJetStream(natsUrl, async (manager) => void (await manager.getAccountInfo()));
}

async function withJetStream(
  natsUrl: string,
  work: (manager: JetStreamManager) => Promise<void>,
): Promise<void> {
  try {
    const connection = await connect({ servers: natsUrl.split(","), timeout: 5_000 });
    try {
      await work(await connection.jetstreamManager());
    } finally {
      await connection.close();
    }
  } catch (error) {
    const advice = "Check NATS_URL; the server needs JetStream.";
    throw new StackProblem(
      "NATS_UNREACHABLE",
      `NATS_URL cannot be used: ${(error as Error).message}`,
      advice,
    );
  }
}

async function withAdmin(adminUrl: string, work: (admin: Sql) => Promise<void>): Promise<void> {
  const admin = postgres(adminUrl, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  try {
    await work(admin);
  } catch (error) {
    throw databaseProblem(error);
  } finally {
    await admin.end({ timeout: 5 });
  }
}

function databaseProblem(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "42501") {
    const advice =
      "Give the role of DATABASE_URL CREATEDB and CREATEROLE, and a database of its own server to the mesh.";
    return new StackProblem("DATABASE_PRIVILEGE", (error as Error).message, advice);
  }
  if (/^(ECONN|ENOTFOUND|EAI_|CONNECT|28)/.test(code)) {
    const advice = "Check DATABASE_URL: host, port, user and password.";
    return new StackProblem(
      "DATABASE_UNREACHABLE",
      `the database cannot be used: ${(error as Error).message}`,
      advice,
    );
  }
  return error;
}
