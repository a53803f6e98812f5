import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkoutDir } from "../state-folder.ts";
import { git } from "./git.ts";
import { previousRelease, servicesOf } from "./previous-release.ts";

const identity = ["-c", "user.name=A", "-c", "user.email=a@example.test", "-c", "commit.gpgsign=false"];
let folder: string;
let checkout: string;
/** The hash of each commit, by its message. */
const commits = new Map<string, string>();

function commit(message: string, packageJson: object): void {
  writeFileSync(join(checkout, "package.json"), JSON.stringify(packageJson, null, 2));
  spawnSync("git", ["-C", checkout, "add", "package.json"]);
  spawnSync("git", ["-C", checkout, ...identity, "commit", "-q", "--allow-empty", "-m", message]);
  commits.set(message, git(checkout, "rev-parse", "HEAD")!);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-release-"));
  checkout = join(folder, "checkout");
  spawnSync("git", ["init", "-q", checkout]);
  commit("begin", { version: "0.1.0" });
  commit("0.2.0", { version: "0.2.0" });
  commit("a package", { version: "0.2.0", dependencies: {} });
  commit("0.3.0", { version: "0.3.0", dependencies: {} });
  commit("more", { version: "0.3.0", dependencies: { more: "1" } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the previous release is the commit that set the version before the present one", () => {
  expect(previousRelease(checkout, {})).toEqual({ version: "0.2.0", commit: commits.get("0.2.0") });
});

test("a version that is set and not committed yet has the last release before it", () => {
  const committed = git(checkout, "show", "HEAD:package.json")!;
  writeFileSync(join(checkout, "package.json"), committed.replace("0.3.0", "0.4.0"));
  expect(previousRelease(checkout, {})).toEqual({ version: "0.3.0", commit: commits.get("0.3.0") });
  writeFileSync(join(checkout, "package.json"), committed);
});

test("a release tells which services it has", () => {
  const release = previousRelease(checkoutDir, { MARKETMESH_UPGRADE_FROM: "HEAD" });
  if ("commit" in release) expect(servicesOf(checkoutDir, release)).toContain("catalog");
  const begin = { version: "0.1.0", commit: commits.get("begin")! };
  expect(servicesOf(checkout, begin)).toEqual([]);
});

test("another commit can be named", () => {
  const begin = commits.get("begin")!;
  const release = { version: "0.1.0", commit: begin };
  expect(previousRelease(checkout, { MARKETMESH_UPGRADE_FROM: begin.slice(0, 10) })).toEqual(release);
  expect(previousRelease(checkout, { MARKETMESH_UPGRADE_FROM: "none" })).toEqual({
    reason: "the history has no commit none",
  });
});

test("a shallow clone, a first release and a folder without git have none, and say why", () => {
  const shallow = join(folder, "shallow");
  spawnSync("git", ["clone", "-q", "--depth", "2", `file://${checkout}`, shallow]);
  expect(previousRelease(shallow, {})).toEqual({
    reason: "the history has no release before 0.3.0: the clone is shallow",
  });
  const first = join(folder, "first");
  spawnSync("git", ["clone", "-q", checkout, first]);
  spawnSync("git", ["-C", first, "reset", "-q", "--hard", commits.get("begin")!]);
  expect(previousRelease(first, {})).toEqual({ reason: "the history has no release before 0.1.0" });
  expect(previousRelease(folder, {})).toEqual({ reason: "the checkout has no git history" });
});
