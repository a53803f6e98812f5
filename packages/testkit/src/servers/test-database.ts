import { randomBytes } from "node:crypto";
import {
  createServiceDatabase,
  createServiceRoles,
  type DatabaseUrls,
  databaseUrls,
  type ServiceRoles,
} from "@marketmesh/dev-stack/servers";
import postgres, { type Sql } from "postgres";

/** How to make a database of a service. */
export interface TestDatabaseOptions {
  /** Whose roles it gets: `mm_<service>_owner|app|background`, as in production. Default `test`. */
  readonly service?: string;
  /** Absent: the database is empty. */
  readonly template?: DatabaseTemplate;
}

/** A database that is brought up once per vitest run and cloned from then on. */
export interface DatabaseTemplate {
  /** Names the schema within the run; two templates of one service need two keys. `[a-z0-9_]{1,12}` */
  readonly key: string;
  readonly migrate: (urls: DatabaseUrls) => Promise<void>;
}

/** A database of its own; dropped, with its connections, at the end of `await using`. */
export interface TestDatabase extends DatabaseUrls, AsyncDisposable {
  readonly name: string;
  drop(): Promise<void>;
}

/** A database whose addresses are known before it is made. */
export interface ReservedDatabase extends TestDatabase {
  create(template?: DatabaseTemplate): Promise<void>;
}

const PASSWORDS: ServiceRoles = { owner: "test-only", app: "test-only", background: "test-only" };
// The first key marks our locks among those of other users of the server.
const LOCK_CLASS = 0x6d6d;

/** Superuser's URL of the run's Postgres. Throws outside a vitest run with our globalSetup. */
export function testDatabaseUrl(): string {
  return fromGlobalSetup("TEST_DATABASE_URL");
}

/** URL of the run's nats-server. Streams live as long as the run, so name yours after what you test. */
export function testNatsUrl(): string {
  return fromGlobalSetup("TEST_NATS_URL");
}

/**
 * Creates a database for one test file, in about 0.1 s when its template is there already.
 *
 * @example
 * await using database = await createTestDatabase({ service: "catalog", template: { key: "catalog", migrate } });
 */
export async function createTestDatabase({
  service = "test",
  template,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const database = reserveTestDatabase(service);
  await database.create(template);
  return database;
}

/** Chooses a name and knows the addresses; nothing is made before `create`. */
export function reserveTestDatabase(service: string): ReservedDatabase {
  const name = `${runPrefix()}_${service}_${randomBytes(6).toString("hex")}`;
  const drop = () => withAdmin((admin) => dropDatabase(admin, name));
  return {
    name,
    ...databaseUrls(testDatabaseUrl(), service, name, PASSWORDS),
    create: (template) =>
      withAdmin(async (admin) => {
        const source = await ensureTemplate(admin, service, template);
        await createServiceDatabase(admin, service, source ? { name, template: source } : { name });
      }),
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

/** Drops every database of this run; for a server that outlives the run. */
export async function dropRun(): Promise<void> {
  await withAdmin(async (admin) => {
    const rows =
      await admin`SELECT datname FROM pg_database WHERE starts_with(datname, ${`${runPrefix()}_`})`;
    for (const row of rows) await dropDatabase(admin, row.datname as string);
  });
}

/** Test files run in processes of their own: the first builds roles and template, the others wait at the lock. */
async function ensureTemplate(
  admin: Sql,
  service: string,
  template: DatabaseTemplate | undefined,
): Promise<string | undefined> {
  const name = template && `${runPrefix()}_template_${service}_${template.key}`;
  await admin`SELECT pg_advisory_lock(${LOCK_CLASS}, hashtext(${service}))`;
  const [found] = await admin`
    SELECT 1 WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = ${`mm_${service}_background`})
      AND (${name ?? null}::text IS NULL OR EXISTS (SELECT FROM pg_database WHERE datname = ${name ?? null}))`;
  if (!found) {
    await createServiceRoles(admin, service, PASSWORDS);
    if (name && template) await buildTemplate(admin, service, name, template.migrate);
  }
  await admin`SELECT pg_advisory_unlock(${LOCK_CLASS}, hashtext(${service}))`;
  return name;
}

async function buildTemplate(
  admin: Sql,
  service: string,
  name: string,
  migrate: (urls: DatabaseUrls) => Promise<void>,
): Promise<void> {
  const building = `${name}_building`;
  await dropDatabase(admin, building);
  await createServiceDatabase(admin, service, { name: building });
  await migrate(databaseUrls(testDatabaseUrl(), service, building, PASSWORDS));
  // A template must have no connections left when it is cloned.
  await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${building}`;
  await admin.unsafe(`ALTER DATABASE "${building}" RENAME TO "${name}"`);
}

async function dropDatabase(admin: Sql, name: string): Promise<void> {
  await admin.unsafe(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}

/** Locks belong to a session, so all of `work` runs on one connection; closing it frees them. */
async function withAdmin<T>(work: (admin: Sql) => Promise<T>): Promise<T> {
  const admin = postgres(testDatabaseUrl(), { max: 1, onnotice: () => {} });
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function runPrefix(): string {
  return `mmtest_${fromGlobalSetup("TEST_RUN_ID")}`;
}

function fromGlobalSetup(key: string): string {
  const value = process.env[key];
  if (!value) throw new Error(`${key} is absent: run this under vitest with the root vitest.config.ts`);
  return value;
}
