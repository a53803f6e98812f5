import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { canReach, postgresUser } from "../src/servers/server-user.ts";
import { checkoutDir, serverDirsOf } from "../src/state-folder.ts";
import { readState } from "../src/supervisor/mesh-state.ts";
import { seedNats, startSupervised } from "./fixtures/supervised.ts";

const SKIPPED = new Set(["node_modules", ".git", ".marketmesh"]);

// A `mktemp -d` folder is 0700: as root, Postgres' user can reach nothing in it.
const clone = join(mkdtempSync(join(tmpdir(), "marketmesh-test-clone-")), "clone");
const [inside, ...outside] = serverDirsOf(join(clone, ".marketmesh"));
afterAll(() => {
  for (const folder of [join(clone, ".."), ...outside]) rmSync(folder, { recursive: true, force: true });
});

test("a clone in a private folder installs itself and starts", async () => {
  expect(statSync(join(clone, "..")).mode & 0o777).toBe(0o700);
  cpSync(checkoutDir, clone, { recursive: true, filter: (path) => !SKIPPED.has(basename(path)) });
  const bootstrap = join(clone, "packages", "dev-stack", "bootstrap.mjs");
  const { MARKETMESH_STATE_DIR: _, ...env } = process.env;
  const installed = spawnSync("node", [bootstrap, "start", "--help"], { encoding: "utf8", env });
  expect(installed.stderr + installed.stdout).toContain("npm start -- [--exit]");
  expect(installed.status).toBe(0);
  // A second time there is nothing to install.
  expect(spawnSync("node", [bootstrap, "start", "--help"], { encoding: "utf8", env }).stderr).toBe("");

  const stateDir = join(clone, ".marketmesh");
  seedNats(stateDir);
  const script = join(clone, relative(checkoutDir, join(import.meta.dirname, "fixtures", "start-probes.ts")));
  const mesh = startSupervised(undefined, [], {}, script);
  await mesh.line("Ready in");
  expect(readState(stateDir)!.checkout).toBe(clone);
  const user = postgresUser();
  const dataDirs = [inside!, ...outside]
    .map((folder) => join(folder, "postgres", "PG_VERSION"))
    .filter(existsSync);
  expect(dataDirs).toHaveLength(1);
  if (user) {
    expect(canReach(user, clone)).toBe(false);
    expect(dataDirs[0]).toContain(outside[0]);
  }
  mesh.child.kill("SIGTERM");
  expect(await mesh.ended).toBe(0);
});
