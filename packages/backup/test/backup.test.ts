import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Database } from "@marketmesh/postgres";
import type { TestDatabase } from "@marketmesh/testkit/servers";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import {
  backUp,
  checkMigrations,
  type Manifest,
  readManifest,
  restoreDatabase,
  verifyBackup,
} from "../src/index.ts";
import { addShelf, contents, migrations, opened, scratch, shelfDatabase } from "./shelf-database.ts";

const product = "1.2.0";
const masterKey = "ab".repeat(32);

const back = (folder: string, database: TestDatabase) =>
  backUp({
    folder,
    product,
    masterKey,
    databases: [{ service: "shelves", url: database.migratorUrl }],
    now: () => new Date(),
  });

const restore = (folder: string, manifest: Manifest, target: TestDatabase, from: URL = migrations) =>
  restoreDatabase(folder, manifest.databases[0]!, { ...target, migrations: from });

const count = async (database: Database, table: string) => {
  const [row] = await database.background((tx) =>
    tx.execute<{ n: number }>(sql`select count(*)::int as n from ${sql.raw(table)}`),
  );
  return row!.n;
};

test("restores every value, whatever is in it, and goes on numbering where it was", async () => {
  await using source = await shelfDatabase("migrated");
  await using target = await shelfDatabase("empty");
  await using folder = await scratch();
  await using before = await opened(source);
  for (let n = 0; n < 40; n++) await addShelf(before, n);
  const manifest = await back(folder.path, source);
  await restore(folder.path, await readManifest(folder.path, product), target);

  await using after = await opened(target);
  expect(await contents(after)).toEqual(await contents(before));
  expect(manifest.databases[0]!.tables.find(({ table }) => table === "goods")).toMatchObject({ rows: 80 });
  await addShelf(after, 40); // its identities and its fact find free numbers
  expect(await count(after, "goods")).toBe(82);
  const [security] = await after.background((tx) =>
    tx.execute(sql`select bool_and(relforcerowsecurity) as forced, (select count(*)::int from pg_trigger where tgenabled = 'D') as disabled
      from pg_class where relname in ('shelves', 'goods', 'outbox', 'inbox')`),
  );
  expect(security).toEqual({ forced: true, disabled: 0 });
});

test("what is written meanwhile is in it whole or not at all", async () => {
  await using source = await shelfDatabase("migrated");
  await using target = await shelfDatabase("empty");
  await using folder = await scratch();
  await using before = await opened(source);
  const stop = new AbortController();
  let written = 0;
  const writers = [0, 1, 2, 3].map(async (lane) => {
    for (let n = lane; !stop.signal.aborted && n < 20_000; n += 4) {
      await addShelf(before, n);
      written++;
    }
  });
  await expect.poll(() => written, { timeout: 240_000 }).toBeGreaterThan(100);
  const manifest = await back(folder.path, source).finally(async () => {
    stop.abort();
    await Promise.all(writers);
  });
  await restore(folder.path, manifest, target);
  await using after = await opened(target);
  const shelves = await count(after, "shelves");
  expect(shelves).toBeGreaterThan(100);
  expect(shelves).toBeLessThanOrEqual(written);
  expect(await count(after, "goods")).toBe(2 * shelves);
  expect(await count(after, "marketmesh.outbox")).toBe(shelves);
});

test("rows of every size are copied at the reader's speed", async () => {
  await using source = await shelfDatabase("migrated");
  await using target = await shelfDatabase("empty");
  await using folder = await scratch();
  await using before = await opened(source);
  await before.background((tx) =>
    tx.execute(sql`insert into shelves (market, id, note, content, tags)
      select 'berlin', n::text, repeat(md5(n::text), 600 * (1 + n % 3)), '{}', '{}' from generate_series(1, 1000) n`),
  );
  await restore(folder.path, await back(folder.path, source), target);
  await using after = await opened(target);
  const digest = sql`select count(*)::int as rows, md5(string_agg(note, '' order by id)) as notes from shelves`;
  const [a, b] = await Promise.all([before, after].map((one) => one.background((tx) => tx.execute(digest))));
  expect(b).toEqual(a);
  expect(b).toMatchObject([{ rows: 1000 }]);
});

test("feeds begin anew and all that they held is published and remembered again", async () => {
  await using source = await shelfDatabase("migrated");
  await using target = await shelfDatabase("empty");
  await using folder = await scratch();
  await using before = await opened(source);
  for (let n = 0; n < 4; n++) await addShelf(before, n);
  await before.background(async (tx) => {
    await tx.execute(sql`insert into marketmesh.feeds values ('shelf', 3, 900)`);
    await tx.execute(sql`update marketmesh.outbox set feed_epoch = 3, feed_seq = 897 + id where id <= 3`);
    await tx.execute(sql`update marketmesh.outbox set publish_time = now() - interval '6 days', stream_seq = id,
      stream_identity = 'old' where id <= 2`);
    await tx.execute(sql`insert into marketmesh.inbox
      values ('sub', 'other', 1, 1, 'f', 1, 'handled', now() - interval '11 days')`);
    await tx.execute(sql`insert into marketmesh.remembered_requests
      values ('berlin', 'p', 'm', 'r', 'b', 'a', now() - interval '2 days')`);
  });
  const manifest = await back(folder.path, source);
  expect(manifest.databases[0]!.feeds).toEqual([{ feed: "shelf", epoch: "3", lastSeq: "900" }]);
  await restore(folder.path, manifest, target);
  await using after = await opened(target);
  const read = (query: ReturnType<typeof sql>) => after.background((tx) => tx.execute(query));
  expect(await read(sql`select epoch::int, last_seq::int from marketmesh.feeds`)).toEqual([
    { epoch: 4, last_seq: 0 },
  ]);
  expect(
    await read(sql`select id::int, feed_epoch::int, feed_seq::int, attempt, publish_time, stream_identity
      from marketmesh.outbox order by id`),
  ).toEqual([
    { id: 1, feed_epoch: 3, feed_seq: 898, attempt: 1, publish_time: null, stream_identity: null },
    { id: 2, feed_epoch: 3, feed_seq: 899, attempt: 1, publish_time: null, stream_identity: null },
    { id: 3, feed_epoch: 3, feed_seq: 900, attempt: 0, publish_time: null, stream_identity: null },
    { id: 4, feed_epoch: null, feed_seq: null, attempt: 0, publish_time: null, stream_identity: null },
  ]);
  const [ages] = await read(sql`select
    (select max(now() - record_time) < interval '1 minute' from marketmesh.inbox) as inbox,
    (select max(now() - create_time) < interval '1 minute' from marketmesh.remembered_requests) as requests`);
  expect(ages).toEqual({ inbox: true, requests: true });
});

test("the schema is as it was first, then what came since is migrated with the rows in it", async () => {
  await using source = await shelfDatabase("migrated");
  await using target = await shelfDatabase("empty");
  await using folder = await scratch();
  await using before = await opened(source);
  await addShelf(before, 1);
  const manifest = await back(folder.path, source);
  const newer = `${folder.path}-newer`;
  await cp(migrations, newer, { recursive: true });
  await cp(new URL("./later/", import.meta.url), newer, { recursive: true });
  await restore(folder.path, manifest, target, pathToFileURL(`${newer}/`));
  await using after = await opened(target);
  expect(await after.background((tx) => tx.execute(sql`select units::int from goods`))).toEqual([
    { units: 1 },
    { units: 1 },
  ]);
});

test("refuses by name what is damaged, unfinished or from the future", async () => {
  await using source = await shelfDatabase("migrated");
  await using folder = await scratch();
  await using before = await opened(source);
  await addShelf(before, 1);
  const manifest = await back(folder.path, source);
  await verifyBackup(folder.path, manifest);
  await expect(back(folder.path, source)).rejects.toMatchObject({ code: "BACKUP_EXISTS" });
  await expect(readManifest(tmpdir(), product)).rejects.toMatchObject({ code: "BACKUP_NOT_FOUND" });
  await expect(readManifest(folder.path, "1.1.9")).rejects.toMatchObject({ code: "BACKUP_PRODUCT_NEWER" });
  expect(await readManifest(folder.path, "1.10.0")).toEqual(manifest);

  const path = join(folder.path, "shelves", "public.goods.copy.zst");
  const good = await readFile(path);
  for (const bad of [good.subarray(1), Buffer.from(good).fill(0, 20, 21)]) {
    await writeFile(path, bad);
    await expect(verifyBackup(folder.path, manifest)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
  }
  await rm(path);
  await expect(verifyBackup(folder.path, manifest)).rejects.toThrow("public.goods.copy.zst is missing");

  const text = await readFile(join(folder.path, "manifest.json"), "utf8");
  await writeFile(join(folder.path, "manifest.json"), text.replace('"rows": 2', '"rows": 3'));
  await expect(readManifest(folder.path, product)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });

  const [part] = manifest.databases;
  const unknown = {
    ...part!,
    migrations: [...part!.migrations, { namespace: "shelves", file: "0009_x.sql", checksum: "" }],
  };
  await expect(checkMigrations(unknown, migrations)).rejects.toMatchObject({ code: "BACKUP_PRODUCT_NEWER" });
  await checkMigrations(part!, migrations);
});

test("nobody else may read it, and a backup that fails leaves nothing", async () => {
  await using source = await shelfDatabase("migrated");
  await using folder = await scratch();
  await back(folder.path, source);
  const files = await readdir(folder.path, { recursive: true, withFileTypes: true });
  for (const file of files) {
    const { mode } = await stat(join(file.parentPath, file.name));
    expect([file.name, mode & 0o077]).toEqual([file.name, 0]);
  }
  await expect(readFile(join(folder.path, "manifest.json"), "utf8")).resolves.not.toContain(masterKey);
  const other = `${folder.path}-other`;
  const gone = { ...source, migratorUrl: source.migratorUrl.replace(source.name, "no_such_database") };
  await expect(back(other, gone)).rejects.toThrow();
  expect((await readdir(join(folder.path, ".."))).filter((name) => name.includes("other"))).toEqual([]);
});
