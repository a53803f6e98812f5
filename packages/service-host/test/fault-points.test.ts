import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { faultPoints } from "../src/fault-points.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-faults-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const module = join(import.meta.dirname, "../src/fault-points.ts");
const passThrice = `
  import { faultPoints } from ${JSON.stringify(module)};
  const at = faultPoints("probe", process.env);
  for (const pass of [1, 2, 3]) { console.log(pass); at("work.done"); }`;

function run(): ChildProcess {
  const env = { ...process.env, MARKETMESH_FAULT_POINTS: folder };
  return spawn(process.execPath, ["--input-type=module", "-e", passThrice], { env });
}

async function endOf(child: ChildProcess) {
  let output = "";
  child.stdout!.on("data", (data) => {
    output += data;
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, output: output.trim().split("\n") };
}

test("kills the process at the armed pass of a point, once", async () => {
  writeFileSync(join(folder, "probe.work.done"), "SIGKILL 1");
  const killed = run();
  expect(await endOf(killed)).toEqual({ code: null, signal: "SIGKILL", output: ["1", "2"] });
  expect(readdirSync(folder)).toEqual([`probe.work.done@${killed.pid}`]);
  expect(await endOf(run())).toMatchObject({ code: 0, output: ["1", "2", "3"] });
});

test("of two processes at a point one is killed", async () => {
  writeFileSync(join(folder, "probe.work.done"), "SIGKILL");
  const ends = await Promise.all([endOf(run()), endOf(run())]);
  expect(ends.map(({ signal }) => signal).sort()).toEqual(["SIGKILL", null].sort());
});

test("a stopped process goes on where it was", async () => {
  writeFileSync(join(folder, "probe.work.done"), "SIGSTOP");
  const child = run();
  const ended = endOf(child);
  while (!existsSync(join(folder, `probe.work.done@${child.pid}`))) await new Promise(setImmediate);
  // The file is renamed a moment before the signal: one sent too early would be lost.
  const wake = setInterval(() => child.kill("SIGCONT"), 20);
  expect(await ended).toMatchObject({ code: 0, output: ["1", "2", "3"] });
  clearInterval(wake);
});

test("does nothing where no folder is named", () => {
  writeFileSync(join(folder, "probe.work.done"), "SIGKILL");
  expect(faultPoints("probe", {})).toBe(faultPoints("other", {}));
  faultPoints("probe", {})("work.done");
});
