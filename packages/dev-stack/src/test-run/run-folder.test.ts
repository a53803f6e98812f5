import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRunFolder } from "./run-folder.ts";

const onLinux = process.platform === "linux";

test("is where temporary files go, open to other users, and goes with all that is in it", async () => {
  const before = tmpdir();
  const folder = openRunFolder();
  expect(tmpdir()).toBe(folder.path);
  expect(statSync(folder.path).mode & 0o777).toBe(0o711);
  writeFileSync(join(mkdtempSync(join(tmpdir(), "left-")), "file"), "");
  expect(await folder.close(0)).toEqual([]);
  expect(existsSync(folder.path)).toBe(false);
  expect(tmpdir()).toBe(before);
});

test.runIf(onLinux)("names and kills what was started in it and is left; waits for what ends", async () => {
  const folder = openRunFolder();
  const args = ["-e", 'process.stdout.write("up"); process.stdin.resume()'];
  const [stays, ends] = [spawn(process.execPath, args), spawn(process.execPath, args)];
  await Promise.all([stays, ends].map((child) => once(child.stdout, "data")));
  ends.stdin.end();
  const closed = once(stays, "close");
  expect(await folder.close(3_000)).toEqual([expect.stringContaining(`${stays.pid}: `)]);
  expect((await closed)[1]).toBe("SIGKILL");
});

test("removes folders of runs that are over, and of no other", () => {
  const parent = realpathSync(tmpdir());
  const [dead, alive] = ["dead", "alive"].map((name) =>
    join(parent, `marketmesh-tests-${name}-${process.pid}`),
  );
  for (const [path, pid] of [
    [dead!, 2 ** 22 + 1],
    [alive!, process.pid],
  ] as const) {
    mkdirSync(path);
    writeFileSync(join(path, "owner.json"), JSON.stringify({ pid }));
  }
  const folder = openRunFolder();
  expect(existsSync(dead!)).toBe(false);
  expect(existsSync(alive!)).toBe(true);
  writeFileSync(join(alive!, "owner.json"), JSON.stringify({ pid: 2 ** 22 + 1 }));
  return folder.close(0).then(() => openRunFolder().close(0));
});
