import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { familyBytes, processBytes } from "./memory.ts";

test.skipIf(process.platform !== "linux")("adds a child's private memory to its parent's", async () => {
  expect(processBytes(process.pid)).toBeGreaterThan(30 * 2 ** 20);
  const alone = familyBytes(process.pid);
  const hold =
    'const b = Buffer.alloc(200e6, 1); process.stdout.write("ok"); process.stdin.resume(); b.at(0)';
  const child = spawn(process.execPath, ["-e", hold], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(familyBytes(process.pid) - alone).toBeGreaterThan(150e6);
  expect(processBytes(child.pid!)).toBeGreaterThan(200e6);
  child.stdin.end();
  await new Promise((resolve) => child.once("close", resolve));
  expect(processBytes(child.pid!)).toBe(0);
});
