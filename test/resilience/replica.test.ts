import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Database,
  migrate,
  openDatabase,
  rolesOf,
  type TransactionOptions,
  UnavailableError,
} from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ReplicatedServer, startReplicatedServer } from "./replicated-server.ts";

let server: ReplicatedServer;
let database: Database;
let folder: string;

beforeAll(async () => {
  server = await startReplicatedServer("replicated");
  folder = mkdtempSync(join(tmpdir(), "marketmesh-replica-"));
  const create = "create table things (market text, id text); call marketmesh.protect('things');";
  writeFileSync(join(folder, "0001_create_things.sql"), create);
  const urls = { url: server.urls.appUrl, backgroundUrl: server.urls.backgroundUrl };
  const directories = [{ namespace: "things", directory: pathToFileURL(`${folder}/`) }];
  await migrate(server.urls.migratorUrl, directories, rolesOf(urls));
  database = await openDatabase({ ...urls, readUrl: server.readUrl });
});
afterAll(async () => {
  await database?.close();
  await server?.[Symbol.asyncDispose]();
  if (folder) rmSync(folder, { recursive: true });
});

const scope = { market: "berlin", reach: "MARKET", principal: "p", party: "" } as const;

async function answeredBy(options: TransactionOptions): Promise<string> {
  const [row] = await database.transaction(
    scope,
    (tx) => tx.execute<{ standby: boolean }>(sql`select pg_is_in_recovery() as standby`),
    { readOnly: true, mayRepeat: true, ...options },
  );
  return row?.standby ? "replica" : "primary";
}
const write = (id: string) =>
  database.transaction(scope, (tx) =>
    tx.execute(sql`insert into things (market, id) values ('berlin', ${id})`),
  );
const idsAt = async (options: TransactionOptions) => {
  const rows = await database.transaction(
    scope,
    (tx) => tx.execute<{ id: string }>(sql`select id from things order by id`),
    { readOnly: true, mayRepeat: true, isolation: "repeatable read", ...options },
  );
  return rows.map(({ id }) => id);
};

const anywhere = { readFrom: "REPLICA_ELSE_PRIMARY" } as const;
const primaryFirst = { readFrom: "PRIMARY_ELSE_REPLICA" } as const;

test("reads that may lag go to the replica, the others to the primary", async () => {
  expect(await answeredBy({})).toBe("primary");
  expect(await answeredBy(primaryFirst)).toBe("primary");
  expect(await answeredBy(anywhere)).toBe("replica");
  await write("a");
  await expect.poll(() => idsAt(anywhere), { timeout: 240_000 }).toEqual(["a"]);
  const wrong = database.transaction(
    scope,
    (tx) => tx.execute(sql`insert into things (market, id) values ('berlin', 'x')`),
    anywhere,
  );
  await expect(wrong).rejects.toBeInstanceOf(UnavailableError);
});

test("the replica answers while the primary is away; writes come back with it", async () => {
  await server.stop("primary");
  expect(await answeredBy(primaryFirst)).toBe("replica");
  expect(await answeredBy(anywhere)).toBe("replica");
  await expect(answeredBy({})).rejects.toBeInstanceOf(UnavailableError);
  await expect(write("b")).rejects.toBeInstanceOf(UnavailableError);
  await server.start("primary");
  await write("c");
  await expect.poll(() => answeredBy(primaryFirst), { timeout: 240_000 }).toBe("primary");
  await expect.poll(() => idsAt(anywhere), { timeout: 240_000 }).toEqual(["a", "c"]);
});

test("the primary answers while the replica is away", async () => {
  await server.stop("replica");
  expect(await answeredBy(anywhere)).toBe("primary");
  let begun = 0;
  const once = () =>
    database.transaction(
      scope,
      (tx) => {
        begun++;
        return tx.execute(sql`select 1`);
      },
      anywhere,
    );
  await once();
  expect(begun).toBe(1);
  await server.start("replica");
  await expect.poll(() => answeredBy(anywhere), { timeout: 240_000 }).toBe("replica");
});
