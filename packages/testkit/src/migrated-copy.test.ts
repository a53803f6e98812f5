import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Host } from "@marketmesh/service-host";
import postgres from "postgres";
import { afterAll, expect, test } from "vitest";
import { startServices } from "./services.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-copies-"));
afterAll(() => rmSync(folder, { recursive: true }));
const migrations = pathToFileURL(`${folder}/`);
const begun =
  "create table begun as select clock_timestamp()::text as at; grant select on begun to mm_copies_background;";

async function begunAt(): Promise<string> {
  let at = "";
  const bind = async (host: Host) => {
    await host.database({ migrations });
    const sql = postgres(host.env.DATABASE_BACKGROUND_URL!, { max: 1 });
    const [row] = await sql<{ at: string }[]>`select at from begun`;
    await sql.end();
    at = row!.at;
  };
  await using services = await startServices([{ name: "copies", bind, env: { LOG_LEVEL: "error" } }]);
  expect(services.urlOf("copies")).not.toBe("");
  return at;
}

test("what was migrated once is copied from then on, other migrations are not", async () => {
  writeFileSync(join(folder, "0001_begin.sql"), begun);
  const first = await begunAt();
  expect(await begunAt()).toBe(first);
  writeFileSync(join(folder, "0002_go_on.sql"), "select 1;");
  expect(await begunAt()).not.toBe(first);
});

test("migrations that fail are the service's to find out about", async () => {
  writeFileSync(join(folder, "0003_fail.sql"), "select nothing;");
  await expect(begunAt()).rejects.toThrow("copies/0003_fail.sql failed");
});
