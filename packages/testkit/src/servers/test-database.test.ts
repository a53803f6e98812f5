import { connect } from "nats";
import postgres from "postgres";
import { expect, test } from "vitest";
import { createTestDatabase, testDatabaseUrl, testNatsUrl } from "./test-database.ts";

const template = {
  key: "probe",
  migrate: async ({ migratorUrl }: { migratorUrl: string }) => {
    const sql = postgres(migratorUrl, { max: 1 });
    await sql`CREATE TABLE probe (n int)`;
    await sql`GRANT SELECT, INSERT ON probe TO mm_testkit_app`;
    await sql.end();
  },
};

test("clones are apart from each other and open to the service's app role", async () => {
  await using first = await createTestDatabase({ service: "testkit", template });
  await using second = await createTestDatabase({ service: "testkit", template });
  const a = postgres(first.appUrl);
  const b = postgres(second.appUrl);
  await a`INSERT INTO probe VALUES (1)`;
  expect(await a`SELECT n FROM probe`).toEqual([{ n: 1 }]);
  expect(await b`SELECT n FROM probe`).toEqual([]);
  await expect(a`CREATE TABLE other (n int)`).rejects.toMatchObject({ code: "42501" });
  await Promise.all([a.end(), b.end()]);
});

test("two files that ask at once share one template", async () => {
  const databases = await Promise.all(
    Array.from({ length: 4 }, () =>
      createTestDatabase({ service: "testkit2", template: { ...template, migrate } }),
    ),
  );
  expect(migrations).toBe(1);
  expect(new Set(databases.map((database) => database.name)).size).toBe(4);
  await Promise.all(databases.map((database) => database.drop()));
});

let migrations = 0;
async function migrate(): Promise<void> {
  migrations++;
}

test("a dropped database is gone, connections or not", async () => {
  const database = await createTestDatabase();
  const open = postgres(database.appUrl, { max: 1 });
  await open`SELECT 1`;
  await database.drop();
  const admin = postgres(testDatabaseUrl(), { max: 1 });
  expect(await admin`SELECT 1 FROM pg_database WHERE datname = ${database.name}`).toEqual([]);
  await Promise.all([admin.end(), open.end({ timeout: 0 })]);
});

test("the run's nats-server speaks JetStream", async () => {
  const nats = await connect({ servers: testNatsUrl() });
  const manager = await nats.jetstreamManager();
  await manager.streams.add({ name: "TESTKIT_PROBE", subjects: ["testkit.probe"], max_bytes: 1_000_000 });
  const ack = await nats.jetstream().publish("testkit.probe", "x", { msgID: "1" });
  expect(ack.seq).toBe(1);
  await nats.close();
});
