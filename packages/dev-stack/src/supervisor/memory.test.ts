import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { familyBytes, processBytes } from "./memory.ts";

test.skipIf(process.platform !== "linux")("adds a child's private memory to its parent's", async () => {
  const hold =
    'const b = Buffer.alloc(200e6, 1); process.stdout.write("ok"); process.stdin.resume(); b.at(0)';
  // A shell as the parent, whose own memory is little and does not change meanwhile.
  const args = ["-c", '"$0" -e "$1"; exit $?', process.execPath, hold];
  const parent = spawn("/bin/sh", args, { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((resolve) => parent.stdout.once("data", resolve));
  expect(familyBytes(parent.pid!)).toBeGreaterThan(200e6);
  expect(processBytes(parent.pid!)).toBeGreaterThan(0);
  expect(processBytes(parent.pid!)).toBeLessThan(30 * 2 ** 20);
  parent.stdin.end();
  await new Promise((resolve) => parent.once("close", resolve));
  expect(processBytes(parent.pid!)).toBe(0);
});
